#include "seg/train/predictor.hpp"

#include <fstream>

#include "catch.hpp"
#include "devices.hpp"
#include "seg/plan/error.hpp"
#include "seg/train/probabilities.hpp"
#include "small_model.hpp"
#include "test_files.hpp"

using Catch::Matchers::Contains;
using Names = std::vector<std::string>;
namespace fs = std::filesystem;

namespace {

/// A model with random weights and three scans of noise.
struct Workplace {
  seg::test::TemporaryFolder folder;
  seg::train::PredictOptions options;

  Workplace() {
    options.mirroring = false;
    seg::test::write_small_model(folder / "model", {"0", "1"});
    for (const char* name : {"a", "b", "c"})
      seg::test::write_small_scan(folder / "scans" / (std::string(name) + "_0000.nii.gz"));
  }
  Names predict(const std::string& scans = "scans") const {
    return seg::train::predict(folder / "model", folder / scans, folder / "out", options);
  }
  fs::path output(const std::string& name) const { return folder / ("out/" + name); }
};

}  // namespace

TEST_CASE("every scan of a folder is segmented on its own grid") {
  Workplace place;
  CHECK(place.predict() == Names{"a", "b", "c"});
  const auto scan = seg::data::read_image({place.folder / "scans/b_0000.nii.gz"});
  const auto labels = seg::data::read_label_map(place.output("b.nii.gz"));
  CHECK(labels.data.sizes() == scan.data.sizes());
  CHECK(labels.geometry.spacing == scan.geometry.spacing);
  CHECK(labels.geometry.origin == scan.geometry.origin);
  CHECK(labels.geometry.direction == scan.geometry.direction);
  CHECK(seg::read_json(place.output("dataset.json")) == seg::test::small_dataset());
  CHECK(seg::read_json(place.output("plans.json")) == seg::test::small_plans());
}

TEST_CASE("a reorienting model segments a scan alike however its file is ordered") {
  Workplace place;
  place.options.save_probabilities = GENERATE(false, true);
  auto plans = seg::test::small_plans();
  plans["image_reader_writer"] = "NibabelIOWithReorient";
  seg::write_json(place.folder / "model/plans.json", plans);
  const auto scan = seg::data::read_image({place.folder / "scans/b_0000.nii.gz"});
  auto turned = scan;  // x runs the other way, and y and z change places
  turned.data = scan.data.flip({3}).transpose(1, 2).contiguous();
  turned.geometry.spacing = {1.25, 1, 0.75};
  turned.geometry.origin[0] += 17 * 1.25;
  turned.geometry.direction = {-1, 0, 0, 0, -0.6, 0.8, 0, 0.8, 0.6};
  seg::data::write_image(place.folder / "scans/a_0000.nii.gz", turned.data[0], turned.geometry);
  place.predict();
  const auto stored = seg::data::read_label_map(place.output("a.nii.gz")).data;
  const auto expected = seg::data::read_label_map(place.output("b.nii.gz")).data;
  CHECK(expected.gt(0).any().item<bool>());
  CHECK(stored.transpose(1, 2).flip({3}).equal(expected));
  if (!place.options.save_probabilities) return;
  const auto geometry = seg::data::read_label_map(place.output("a.nii.gz")).geometry;
  CHECK(geometry.direction[0] == Approx(-1));
  const auto properties = seg::read_json(place.output("a.json"));
  CHECK(properties["nibabel_stuff"].contains("reoriented_affine"));
  place.options.orientation = "stored";
  place.options.overwrite = true;
  place.predict();
  const auto other = seg::data::read_label_map(place.output("a.nii.gz")).data;
  CHECK_FALSE(other.transpose(1, 2).flip({3}).equal(expected));
}

TEST_CASE("scans are segmented alike on every device", "[gpu]") {
  Workplace place;
  place.options.mirroring = true;
  place.options.overwrite = true;
  std::vector<at::Tensor> labels;
  for (const at::Device device : seg::test::devices())
    for (const bool save_probabilities : {false, true}) {
      place.options.device = device.str();
      place.options.precision = "fp32";
      place.options.save_probabilities = save_probabilities;
      place.predict();
      labels.push_back(seg::data::read_label_map(place.output("b.nii.gz")).data);
    }
  for (const at::Tensor& found : labels)
    CHECK(found.ne(labels[0]).to(at::kDouble).mean().item<double>() < 1e-4);
}

TEST_CASE("a single file and a part of the cases can be segmented") {
  Workplace place;
  CHECK(place.predict("scans/b_0000.nii.gz") == Names{"b"});
  place.options.num_parts = 2;
  place.options.part_id = 0;
  CHECK(place.predict() == Names{"a", "c"});
  place.options.part_id = 2;
  CHECK_THROWS_AS(place.predict(), seg::Error);
}

TEST_CASE("segmentations that exist are kept unless asked otherwise") {
  Workplace place;
  place.predict("scans/b_0000.nii.gz");
  CHECK(place.predict() == Names{"a", "c"});
  place.options.overwrite = true;
  CHECK(place.predict() == Names{"a", "b", "c"});
}

TEST_CASE("a scan that cannot be read is named, the others are segmented") {
  Workplace place;
  std::ofstream(place.folder / "scans/b_0000.nii.gz") << "no scan";
  CHECK_THROWS_WITH(place.predict(), Contains("case b") && Contains("b_0000.nii.gz"));
  CHECK(fs::exists(place.output("a.nii.gz")));
  CHECK(fs::exists(place.output("c.nii.gz")));
}

TEST_CASE("probabilities of all folds together decide the labels") {
  Workplace place;
  place.options.save_probabilities = true;
  place.predict("scans/a_0000.nii.gz");
  const at::Tensor labels = seg::data::read_label_map(place.output("a.nii.gz")).data[0];
  const at::Tensor probabilities = seg::train::read_probabilities(place.output("a.npz"));
  CHECK(at::equal(probabilities.argmax(0).to(at::kShort), labels));
  const seg::Json properties = seg::read_json(place.output("a.json"));
  CHECK(properties["shape_before_cropping"] == seg::Json({14, 20, 18}));
  CHECK(properties["bbox_used_for_cropping"] == seg::Json({{1, 12}, {2, 20}, {0, 15}}));
}
