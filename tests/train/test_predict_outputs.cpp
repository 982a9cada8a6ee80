#include <cmath>

#include "catch.hpp"
#include "seg/plan/error.hpp"
#include "seg/train/probabilities.hpp"
#include "small_workplace.hpp"

using Catch::Matchers::Contains;
using Names = std::vector<std::string>;
using Workplace = seg::test::SmallWorkplace;
namespace fs = std::filesystem;

TEST_CASE("a scan is segmented alike from every format, on its own grid") {
  Workplace place;
  const std::string reader = GENERATE("SimpleITKIO", "NibabelIOWithReorient");
  place.set_reader(reader);
  const auto scan = seg::data::read_image({place.folder / "scans/b_0000.nii.gz"});
  const auto segmented = [&](const std::string& name) {
    const fs::path output =
        place.folder / ("out_of_" + fs::path(name).extension().string().substr(1));
    seg::train::predict(place.folder / "model", place.folder / ("other/" + name), output,
                        place.options);
    return seg::data::read_label_map(output / "scan.nii.gz");
  };
  for (const char* ending : {".nii.gz", ".nii", ".nrrd", ".mha"})
    seg::data::write_image(place.folder / ("other/scan" + std::string(ending)), scan.data[0],
                           scan.geometry);
  const auto expected = segmented("scan.nii.gz");
  CHECK(expected.data.gt(0).any().item<bool>());
  for (const char* name : {"scan.nii", "scan.nrrd", "scan.mha"}) {
    INFO(name);
    const auto found = segmented(name);
    CHECK(found.data.equal(expected.data));
    CHECK(found.geometry.spacing == expected.geometry.spacing);
    for (std::size_t i = 0; i < 9; ++i)
      CHECK(found.geometry.direction[i] == Approx(expected.geometry.direction[i]).margin(1e-6));
    CHECK(found.geometry.origin == expected.geometry.origin);
  }
}

TEST_CASE("segmentations are written in the format that is asked for, which counts as theirs") {
  Workplace place;
  place.predict();
  const auto expected = seg::data::read_label_map(place.output("b.nii.gz"));
  place.options.output_type = "nrrd";
  CHECK(place.predict() == Names{"a", "b", "c"});
  CHECK(place.predict().empty());
  const auto found = seg::data::read_label_map(place.output("b.nrrd"));
  CHECK(found.data.equal(expected.data));
  CHECK(seg::read_json(place.output("dataset.json"))["file_ending"] == ".nrrd");
  // The records are about the .nrrd files now.
  place.options.output_type = "";
  CHECK(place.predict().size() == 3);
  place.options.output_type = "tif";
  CHECK_THROWS_WITH(place.predict(), Contains("a.tif") && Contains("where the scan lies"));
  place.options.output_type = "mhd";
  CHECK_THROWS_WITH(place.predict(), Contains("output_type mhd"));
  place.options.output_type = "mha";
  CHECK_THROWS_WITH(
      seg::train::predict(place.folder / "model", place.folder / "scans/b_0000.nii.gz",
                          place.folder / "b.nii.gz", place.options),
      Contains("is not what the name of the output says"));
}

TEST_CASE("choices of labels are part of what a segmentation was made with") {
  Workplace place;
  const auto scans = "scans/b_0000.nii.gz";
  place.predict(scans);
  const at::Tensor whole = seg::data::read_label_map(place.output("b.nii.gz")).data;
  place.options.labels = {"back"};
  CHECK(place.predict(scans) == Names{"b"});
  CHECK(place.predict(scans).empty());
  CHECK(seg::data::read_label_map(place.output("b.nii.gz")).data.equal(whole * whole.eq(2)));
  place.options.labels = {};
  place.options.split_labels = true;
  CHECK(place.predict(scans) == Names{"b"});
  for (const auto& [name, label] : {std::pair{"front", 1}, {"back", 2}}) {
    const auto mask = seg::data::read_label_map(place.output("b/" + std::string(name) + ".nii.gz"));
    CHECK(mask.data.equal(whole.eq(label).to(at::kShort)));
  }
  CHECK(place.predict(scans).empty());
  fs::remove(place.output("b/back.nii.gz"));
  CHECK(place.predict(scans) == Names{"b"});
  // Masks of labels that are not written any more do not stay.
  place.options.labels = {"front"};
  CHECK(place.predict(scans) == Names{"b"});
  CHECK(fs::exists(place.output("b/front.nii.gz")));
  CHECK_FALSE(fs::exists(place.output("b/back.nii.gz")));
  for (auto change : {+[](seg::train::PredictOptions& options) { options.largest = {"all"}; },
                      +[](seg::train::PredictOptions& options) { options.remove_small = 50; }}) {
    change(place.options);
    CHECK(place.predict(scans) == Names{"b"});
    CHECK(place.predict(scans).empty());
  }
}

TEST_CASE("statistics of a folder are of all its cases, also those that were done before") {
  Workplace place;
  place.predict("scans/b_0000.nii.gz");
  place.options.statistics = true;
  CHECK(place.predict("scans/b_0000.nii.gz") == Names{"b"});  // it had none
  CHECK(place.predict() == Names{"a", "c"});
  const auto statistics = seg::read_json(place.output("statistics.json"));
  REQUIRE(statistics.size() == 3);
  const auto scan = seg::data::read_image({place.folder / "scans/b_0000.nii.gz"});
  const auto labels = seg::data::read_label_map(place.output("b.nii.gz"));
  for (const auto& [name, label] : {std::pair{"front", 1}, {"back", 2}}) {
    const at::Tensor values = scan.data.masked_select(labels.data.eq(label)).to(at::kDouble);
    const auto& found = statistics["b"][name];
    CHECK(found["voxels"] == values.numel());
    CHECK(found["volume"].get<double>() ==
          Approx(static_cast<double>(values.numel()) * 1.25 * 0.75).margin(1e-3));
    if (values.numel() > 0)
      CHECK(found["intensity"].get<double>() == Approx(values.mean().item<double>()));
  }
  CHECK(fs::exists(place.output("statistics.csv")));
  seg::train::predict(place.folder / "model", place.folder / "scans/b_0000.nii.gz",
                      place.folder / "single/b.mha", place.options);
  CHECK(seg::read_json(place.folder / "single/b_statistics.json")["b"] == statistics["b"]);
}

TEST_CASE("uncertainty lies beside the segmentation, on the scan's own grid") {
  Workplace place;
  const std::string reader = GENERATE("SimpleITKIO", "NibabelIOWithReorient");
  place.set_reader(reader);
  place.options.uncertainty = true;
  place.options.save_probabilities = true;
  place.predict("scans/b_0000.nii.gz");
  const auto found = seg::data::read_image({place.output("uncertainty/b.nii.gz")});
  const auto scan = seg::data::read_image({place.folder / "scans/b_0000.nii.gz"});
  REQUIRE(found.data.sizes() == scan.data.sizes());
  CHECK(found.geometry.origin == scan.geometry.origin);
  const at::Tensor probabilities = seg::train::read_probabilities(place.output("b.npz"));
  const at::Tensor entropy =
      -(probabilities * probabilities.clamp_min(1e-30).log()).sum(0, true) / std::log(3.0);
  if (reader == "SimpleITKIO") CHECK(at::allclose(found.data, entropy, 1e-4, 1e-5));
  CHECK(found.data.max().item<float>() <= 1 + 1e-5F);
  CHECK(found.data[0][0].max().item<float>() == 0);  // outside the box nothing is uncertain
  CHECK(place.predict("scans/b_0000.nii.gz").empty());
  fs::remove(place.output("uncertainty/b.nii.gz"));
  CHECK(place.predict("scans/b_0000.nii.gz") == Names{"b"});
  place.options.save_probabilities = false;
  place.options.overwrite = true;
  fs::remove(place.output("b.npz"));
  place.predict("scans/b_0000.nii.gz");
  CHECK_FALSE(fs::exists(place.output("b.npz")));
  CHECK(seg::data::read_image({place.output("uncertainty/b.nii.gz")}).data.equal(found.data));
  place.options.output_type = "png";
  CHECK_THROWS_WITH(place.predict("scans/b_0000.nii.gz"), Contains("uncertainty"));
}

TEST_CASE("probabilities lie beside the segmentation as an image on the scan's own grid") {
  Workplace place;
  const std::string reader = GENERATE("SimpleITKIO", "NibabelIO", "NibabelIOWithReorient");
  const bool regions = GENERATE(false, true);
  INFO(reader << (regions ? ", regions" : ""));
  place.set_reader(reader);
  if (regions) {
    seg::Json dataset = seg::test::small_dataset();
    dataset["labels"] = {{"background", 0}, {"whole", {1, 2, 3}}, {"core", {2, 3}}, {"centre", 3}};
    dataset["regions_class_order"] = {1, 2, 3};
    seg::write_json(place.folder / "model/dataset.json", dataset);
  }
  place.options.probability_images = place.options.save_probabilities = true;
  const auto scans = "scans/b_0000.nii.gz";
  place.predict(scans);
  const auto found = seg::data::read_image({place.output("probabilities/b.nii.gz")});
  const auto scan = seg::data::read_image({place.folder / scans});
  REQUIRE(found.data.size(0) == 3);
  CHECK(found.data[0].sizes() == scan.data[0].sizes());
  CHECK(found.geometry.spacing == scan.geometry.spacing);
  CHECK(found.geometry.origin == scan.geometry.origin);
  for (std::size_t i = 0; i < 9; ++i)
    CHECK(found.geometry.direction[i] == Approx(scan.geometry.direction[i]).margin(1e-6));
  const at::Tensor probabilities = seg::train::read_probabilities(place.output("b.npz"));
  if (reader != "NibabelIOWithReorient") CHECK(found.data.equal(probabilities));
  const at::Tensor labels = seg::data::read_label_map(place.output("b.nii.gz")).data[0];
  at::Tensor decided = found.data.argmax(0);
  if (regions) {
    decided = at::zeros_like(decided);
    for (int region = 0; region < 3; ++region)
      decided.masked_fill_(found.data[region] > 0.5, region + 1);
  }
  CHECK(labels.gt(0).any().item<bool>());
  CHECK(decided.ne(labels).sum().item<int>() == 0);

  CHECK(place.predict(scans).empty());
  fs::remove(place.output("probabilities/b.nii.gz"));
  CHECK(place.predict(scans) == Names{"b"});
  seg::train::predict(place.folder / "model", place.folder / scans, place.folder / "single/b.mha",
                      place.options);
  CHECK(seg::data::read_image({place.folder / "single/b_probabilities.nii.gz"})
            .data.equal(found.data));
}
