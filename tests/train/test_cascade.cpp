#include "seg/data/npy.hpp"
#include "seg/train/predictor.hpp"
#include "text.hpp"
#include "tiny_training.hpp"

using namespace seg;
using namespace seg::test;
namespace fs = std::filesystem;

namespace {

const char* const kLowres = "results/nnUNetTrainer__nnUNetPlans__3d_lowres";
const char* const kCascade = "results/nnUNetTrainer__nnUNetPlans__3d_cascade_fullres";

/// The tiny plan with a low resolution stage in front.
TinyTask cascade_task() {
  TinyTask task;
  task.plans = tiny_plans();
  Json& configurations = task.plans["configurations"];
  Json lowres = configurations["3d_fullres"];
  lowres["data_identifier"] = "nnUNetPlans_3d_lowres";
  lowres["spacing"] = {1.25, 1.5, 1.25};
  lowres["patch_size"] = {12, 12, 12};
  lowres["next_stage"] = "3d_cascade_fullres";
  configurations["3d_lowres"] = lowres;
  configurations["3d_cascade_fullres"] = {{"inherits_from", "3d_fullres"},
                                          {"previous_stage", "3d_lowres"}};
  return task;
}

train::TrainOptions cascade_options(const std::string& configuration) {
  auto options = tiny_options();
  options.configuration = configuration;
  options.fold = "all";
  options.settings["epochs"] = 1;
  options.precision = "fp32";
  return options;
}

/// Work with a trained first stage.
fs::path lowres_work(const TemporaryFolder& folder) {
  const auto work = write_tiny_work(folder, cascade_task());
  data::preprocess_work({work}, {"3d_lowres", "", 1});
  train_through(work, cascade_options("3d_lowres"));
  return work;
}

}  // namespace

TEST_CASE("the first stage of a cascade leaves its segmentations on the second stage's grid") {
  const TemporaryFolder folder;
  const auto work = lowres_work(folder);
  for (int number = 0; number < kTinyCases; ++number) {
    const std::string name = "ball_" + std::to_string(number);
    const auto left =
        data::map_npy(work / kLowres / "predicted_next_stage/3d_cascade_fullres" / (name + ".npy"));
    // The second stage's grid is the scan's here, so both are the same resampled logits.
    const auto validated = labels_in(work / kLowres / "fold_all/validation" / (name + ".nii.gz"));
    CHECK(left.sizes() == at::IntArrayRef({1, 20, 18, 16}));
    CHECK(at::equal(left, validated.to(at::kShort)));
  }
}

TEST_CASE("a cascade trains, validates and predicts with the previous stage's segmentations") {
  const TemporaryFolder folder;
  const auto work = lowres_work(folder);
  train_through(work, cascade_options("3d_cascade_fullres"));
  const fs::path model = work / kCascade, checkpoint = model / "fold_all/checkpoint_final.pth";
  CHECK(weight_of(checkpoint, "encoder.stages.0.0.convs.0.conv.weight").size(1) == 2);

  train::PredictOptions options;
  options.device = "cpu";
  options.precision = "fp32";
  options.threads = 1;
  const fs::path scans = folder / "Dataset900_Balls/imagesTr", both = folder / "both";
  train::predict(model, scans, both, options);
  options.previous_stage = both / "3d_lowres";
  train::predict(model, scans, folder / "second", options);
  for (int number = 0; number < kTinyCases; ++number) {
    const std::string name = "ball_" + std::to_string(number) + ".nii.gz";
    const auto validated = labels_in(model / "fold_all/validation" / name);
    CHECK(at::equal(labels_in(both / name), validated));
    CHECK(at::equal(labels_in(folder / "second" / name), validated));
  }

  // A scan that the first stage cannot segment costs itself only.
  fs::create_directories(folder / "some");
  fs::copy_file(scans / "ball_0_0000.nii.gz", folder / "some/ball_0_0000.nii.gz");
  std::ofstream(folder / "some/ball_9_0000.nii.gz") << "no scan";
  options.previous_stage.reset();
  CHECK_THROWS_WITH(train::predict(model, folder / "some", folder / "of_some", options),
                    Catch::Matchers::Contains("case ball_9: "));
  CHECK(at::equal(labels_in(folder / "of_some/ball_0.nii.gz"), labels_in(both / "ball_0.nii.gz")));

  // Label maps of other scans: elsewhere, and of another shape with the same scan in its corner.
  const fs::path scan = scans / "ball_0_0000.nii.gz", stage = folder / "stage/ball_0.nii.gz";
  std::string warnings;
  Reporter reporter;
  reporter.warning = [&](const std::string& line) { warnings += line; };
  options.previous_stage = folder / "stage";
  data::Geometry elsewhere;
  elsewhere.origin = {0, 0, 30};
  data::write_label_map(stage, at::zeros({20, 18, 16}, at::kShort), elsewhere);
  train::predict(model, scan, folder / "third", options, reporter);
  CHECK(contains(warnings, "stage/ball_0.nii.gz: has origin"));
  data::write_label_map(stage, at::zeros({22, 18, 16}, at::kShort), {});
  CHECK_THROWS_WITH(train::predict(model, scan, folder / "third", options),
                    Catch::Matchers::Contains("has shape 22 x 18 x 16 instead of 20 x 18 x 16"));
}

TEST_CASE("a cascade says which segmentations of the previous stage are missing") {
  const TemporaryFolder folder;
  const auto work = lowres_work(folder);
  fs::remove(work / kLowres / "predicted_next_stage/3d_cascade_fullres/ball_3.npy");
  auto options = cascade_options("3d_cascade_fullres");
  options.preprocess_jobs = 1;
  const auto error = error_of(work, options);
  CHECK(contains(error, "no segmentation of ball_3"));
  CHECK(contains(error, "3d_lowres"));
  CHECK_FALSE(fs::exists(work / kCascade));
  CHECK_THROWS_WITH(train::train_intentions(work, cascade_options("3d_cascade_fullres"), {}),
                    Catch::Matchers::Contains("no segmentation of ball_3"));
}

TEST_CASE("a cascade without its first stage cannot predict") {
  const TemporaryFolder folder;
  const auto work = lowres_work(folder);
  train_through(work, cascade_options("3d_cascade_fullres"));
  fs::rename(work / kLowres, folder / "elsewhere");
  CHECK_THROWS_WITH(
      train::predict(work / kCascade, folder / "Dataset900_Balls/imagesTr", folder / "out", {}),
      Catch::Matchers::Contains("as the previous stage"));
}
