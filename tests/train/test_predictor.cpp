#include "seg/train/predictor.hpp"

#include <fstream>
#include <limits>

#include "catch.hpp"
#include "devices.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/lock.hpp"
#include "seg/train/probabilities.hpp"
#include "small_workplace.hpp"

using Catch::Matchers::Contains;
using Names = std::vector<std::string>;
using Workplace = seg::test::SmallWorkplace;
namespace fs = std::filesystem;

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

TEST_CASE("a checkpoint is found by the name of its file, too") {
  Workplace place;
  const fs::path fold = place.folder / "model/fold_0";
  for (const char* file : {"checkpoint_latest.pth", "epoch_50.pth", "weights.model"})
    fs::copy_file(fold / "checkpoint_final.pth", fold / file);
  for (const char* name : {"latest", "checkpoint_latest.pth", "checkpoint_latest", "epoch_50",
                           "epoch_50.pth", "weights.model"}) {
    place.options.checkpoint = name;
    place.options.overwrite = true;
    CHECK(place.predict("scans/b_0000.nii.gz") == Names{"b"});
  }
  place.options.checkpoint = "epoch_60";
  CHECK_THROWS_WITH(place.predict(), Contains("epoch_60"));
}

TEST_CASE("a scan with voxels that are no numbers is refused, the others are segmented") {
  Workplace place;
  at::Tensor scan = at::rand({14, 20, 18});
  scan[2][3][4] = std::numeric_limits<float>::quiet_NaN();
  scan[5][0][0] = std::numeric_limits<float>::infinity();
  seg::data::write_image(place.folder / "scans/b_0000.nii.gz", scan, {});
  CHECK_THROWS_WITH(place.predict(), Contains("case b") && Contains("2 voxel(s)") &&
                                         Contains("(x, y, z) = (4, 3, 2)"));
  CHECK(fs::exists(place.output("a.nii.gz")));
  CHECK_FALSE(fs::exists(place.output("b.nii.gz")));
}

TEST_CASE("the segmentation of a single scan goes into the file that is named") {
  const Workplace place;
  const auto predict = [&](const fs::path& scans, const fs::path& output) {
    return seg::train::predict(place.folder / "model", scans, output, place.options).finished;
  };
  const fs::path scan = place.folder / "scans/b_0000.nii.gz";
  place.predict("scans/b_0000.nii.gz");
  const at::Tensor expected = seg::data::read_label_map(place.output("b.nii.gz")).data;
  for (const char* name : {"one.nii.gz", "one.nrrd"}) {
    CHECK(predict(scan, place.folder / "single" / name) == Names{"b"});
    CHECK(at::equal(seg::data::read_label_map(place.folder / "single" / name).data, expected));
  }
  CHECK_FALSE(fs::exists(place.folder / "single/dataset.json"));
  CHECK_THROWS_WITH(predict(place.folder / "scans", place.folder / "all.nii.gz"),
                    Contains("names one file"));
  CHECK_THROWS_WITH(predict(scan, scan), Contains("is the scan itself"));
}

TEST_CASE("an output whose name cannot be meant is refused before anything is computed") {
  const Workplace place;
  const auto refusal = [&](const std::string& name) -> std::string {
    try {
      seg::train::predict(place.folder / "model", place.folder / "scans/b_0000.nii.gz",
                          place.folder / name, place.options);
    } catch (const seg::Error& error) {
      return error.what();
    }
    return "";
  };
  CHECK_THAT(refusal("x.nii.nii.gz"), Contains("ends twice") && Contains("x.nii.gz"));
  CHECK_THAT(refusal("p3.xyz"), Contains("in no format of label maps") && Contains("slash"));
  CHECK_THAT(refusal("p3.mhd"), Contains("only read"));
  std::ofstream(place.folder / "file") << "text";
  CHECK_THAT(refusal("file"), Contains("is a file"));
  CHECK_THAT(refusal("file/new/x.nii.gz"), Contains("is a file, not a folder"));
  for (const char* name : {"x.nii.nii.gz", "p3.xyz", "p3.mhd"})
    CHECK_FALSE(fs::exists(place.folder / name));
  CHECK(refusal("p3.xyz/").empty());
  CHECK(fs::exists(place.folder / "p3.xyz/b.nii.gz"));
}

TEST_CASE("a case whose file could not be called so costs itself, before it is segmented") {
  const Workplace place;
  fs::rename(place.folder / "scans/a_0000.nii.gz", place.folder / "scans/a.nii_0000.nii.gz");
  CHECK_THROWS_WITH(place.predict(), Contains("case a.nii: ") && Contains("ends twice"));
  CHECK(fs::exists(place.output("b.nii.gz")));
}

TEST_CASE("a case that is called as a folder or file of seg's own does not get among it") {
  Workplace place;
  for (const char* name : {"uncertainty", "records", "dataset"})
    fs::copy_file(place.folder / "scans/b_0000.nii.gz",
                  place.folder / "scans" / (std::string(name) + "_0000.nii.gz"));
  place.options.split_labels = place.options.save_probabilities = true;
  CHECK_THROWS_WITH(place.predict(), Contains("3 of 6") && Contains("dataset.json"));
  CHECK(fs::exists(place.output("b.nii.gz")));
  for (const char* name : {"uncertainty", "records/front.nii.gz", "dataset.npz"})
    CHECK_FALSE(fs::exists(place.output(name)));
  CHECK_THROWS_WITH(place.predict("scans/records_0000.nii.gz"), Contains("`split_labels`"));
  place.options.split_labels = place.options.save_probabilities = false;
  CHECK(place.predict() == Names{"a", "b", "c", "dataset", "records", "uncertainty"});
}

TEST_CASE("segmentations do not go among the scans") {
  const Workplace place;
  CHECK_THROWS_WITH(seg::train::predict(place.folder / "model", place.folder / "scans",
                                        place.folder / "out/../scans", place.options),
                    Contains("is the folder of the scans"));
}

TEST_CASE("segmentations do not go into the model's folder or that of the previous stage") {
  Workplace place;
  CHECK_THROWS_WITH(seg::train::predict(place.folder / "model", place.folder / "scans",
                                        place.folder / "scans/../model", place.options),
                    Contains("is the folder of the model"));
  CHECK(seg::read_json(place.folder / "model/plans.json") == seg::test::small_plans());
  place.options.previous_stage = place.folder / "stage";
  fs::create_directories(place.folder / "stage");
  CHECK_THROWS_WITH(seg::train::predict(place.folder / "model", place.folder / "scans",
                                        place.folder / "stage", place.options),
                    Contains("is the folder of the previous stage"));
}

TEST_CASE("a scan that is a link to nothing is named, the others are segmented") {
  Workplace place;
  fs::create_symlink(place.folder / "gone.nii.gz", place.folder / "scans/d_0000.nii.gz");
  CHECK_THROWS_WITH(place.predict(), Contains("d_0000.nii.gz") && Contains("is not there"));
  CHECK(fs::exists(place.output("a.nii.gz")));
  CHECK_FALSE(fs::exists(place.output("d.nii.gz")));
}

TEST_CASE("an empty scan is named, the others are segmented") {
  Workplace place;
  std::ofstream(place.folder / "scans/b_0000.nii.gz");
  CHECK_THROWS_WITH(place.predict(), Contains("b_0000.nii.gz"));
  CHECK(fs::exists(place.output("a.nii.gz")));
  CHECK(fs::exists(place.output("c.nii.gz")));
}

TEST_CASE("a second prediction into a folder says that another one writes there") {
  Workplace place;
  {
    const seg::FolderLock other(place.folder / "out/records");
    CHECK(place.predict() == Names{"a", "b", "c"});
    CHECK(place.said("another prediction is at work there (is in use by process"));
    place.options.num_parts = 2;
    place.news.clear();
    place.predict();
    CHECK_FALSE(place.said("another prediction"));
  }
  place.options.num_parts = 1;
  CHECK(place.predict().empty());
  CHECK_FALSE(place.said("another prediction"));
}
