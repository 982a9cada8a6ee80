#include "catch.hpp"
#include "run_seg.hpp"
#include "seg/data/image.hpp"
#include "tiny_model.hpp"

namespace fs = std::filesystem;
using namespace seg::test;

namespace {

Outcome predict(const fs::path& model, const fs::path& input, const fs::path& output) {
  return run_seg({"predict", "-m", model.string(), "-i", input.string(), "-o", output.string(),
                  "--device", "cpu"});
}

/// Direction cosines of a scan that was tilted about two axes, and one with axes exchanged.
constexpr std::array<double, 9> oblique{0.9396926207859084,
                                        -0.2961981327260238,
                                        0.17101007166283433,
                                        0.3420201433256687,
                                        0.8137976813493738,
                                        -0.46984631039295416,
                                        0,
                                        0.5,
                                        0.8660254037844386};
constexpr std::array<double, 9> permuted{0, 0, 1, -1, 0, 0, 0, -1, 0};

void expect_equal_geometry(const seg::data::Geometry& one, const seg::data::Geometry& other) {
  for (int i = 0; i < 3; ++i) {
    CHECK(one.spacing[i] == Approx(other.spacing[i]).margin(1e-6));
    CHECK(one.origin[i] == Approx(other.origin[i]).margin(1e-5));
  }
  for (int i = 0; i < 9; ++i) CHECK(one.direction[i] == Approx(other.direction[i]).margin(1e-6));
}

}  // namespace

TEST_CASE("the example dataset goes from plan to Dice with one command each") {
  const TemporaryFolder folder;
  const fs::path dataset = folder / "Dataset001_Phantom", work = folder / "work";
  REQUIRE(
      run_seg({"example-data", dataset.string(), "--cases", "5", "--test-cases", "1"}).exit_code ==
      0);
  REQUIRE(run_seg({"plan", dataset.string(), "--work", work.string()}).exit_code == 0);
  REQUIRE(run_seg({"preprocess", work.string(), "--config", "3d"}).exit_code == 0);
  const Outcome training = run_seg(tiny_training(work));
  INFO(training.err);
  REQUIRE(training.exit_code == 0);
  const fs::path fold = model_in(work) / "fold_0";
  for (const std::string name : {"checkpoint_final.pth", "progress.json", "progress.png",
                                 "training_log.txt", "validation/summary.json", "seg_train.json"})
    CHECK(fs::exists(fold / name));

  const fs::path output = folder / "segmented";
  REQUIRE(predict(model_in(work), dataset / "imagesTs", output).exit_code == 0);
  CHECK(seg::read_json(output / "seg_predict.json").at("cases").size() == 1);
  const Outcome evaluation = run_seg({"evaluate", "--prediction", output.string(), "--reference",
                                      (dataset / "labelsTs").string()});
  CHECK(evaluation.exit_code == 0);
  CHECK(lines_with(evaluation.out, "mean Dice of all classes: ").size() == 1);
  CHECK(seg::read_json(output / "summary.json").contains("foreground_mean"));
}

TEST_CASE("segmentations lie exactly where oblique and permuted scans do") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  REQUIRE(run_seg(tiny_training(folder / "work")).exit_code == 0);
  seg::data::Geometry geometry = tiny_geometry();
  geometry.direction = oblique;
  seg::data::write_image(folder / "scans/tilted_0000.nii.gz", ball(1).image, geometry);
  geometry.direction = permuted;
  geometry.spacing = {1.5, 0.8, 1};
  seg::data::write_image(folder / "scans/turned_0000.nii.gz", ball(1).image, geometry);
  REQUIRE(predict(model_in(folder / "work"), folder / "scans", folder / "out").exit_code == 0);
  for (const std::string name : {"tilted", "turned"}) {
    const auto scan = seg::data::read_image({folder / "scans" / (name + "_0000.nii.gz")});
    const auto labels = seg::data::read_label_map(folder / "out" / (name + ".nii.gz"));
    CHECK(labels.data.sizes() == scan.data.sizes());
    expect_equal_geometry(labels.geometry, scan.geometry);
  }
}
