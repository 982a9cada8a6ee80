#include "seg/train/evaluate.hpp"
#include "seg/train/predictor.hpp"
#include "seg/train/training_log.hpp"
#include "text.hpp"
#include "tiny_training.hpp"

using namespace seg;
using namespace seg::test;
namespace fs = std::filesystem;

namespace {

/// A ball with a core: regions that overlap.
TinyTask region_task() {
  TinyTask task;
  task.labels = {{"background", 0}, {"ball", {1, 2}}, {"core", {2}}};
  task.regions_class_order = {1, 2};
  task.draw = [](const at::Tensor& distance) {
    return (distance < 30).to(at::kShort) + (distance < 10).to(at::kShort);
  };
  return task;
}

/// Nobody looked at what is far from the ball.
TinyTask ignore_task() {
  TinyTask task;
  task.labels = {{"background", 0}, {"ball", 1}, {"ignore", 2}};
  task.draw = [](const at::Tensor& distance) {
    return (distance < 30).to(at::kShort) + 2 * (distance > 90).to(at::kShort);
  };
  return task;
}

struct Trained {
  fs::path work, fold;
  train::TrainingLog log;
};

Trained trained_on(const TemporaryFolder& folder, const TinyTask& task) {
  const auto work = write_tiny_work(folder, task);
  auto options = tiny_options();
  options.settings["iterations"] = 20;
  const auto fold = train_through(work, options).folder;
  const auto log = train::training_log_from_json(read_json(fold / "progress.json"), "log");
  CHECK(log.train_losses.back() < log.train_losses.front());
  return {work, fold, log};
}

/// Predicts all scans and compares them with their label maps.
Json predicted_and_evaluated(const TemporaryFolder& folder, const Trained& run) {
  const fs::path dataset = folder / "Dataset900_Balls", output = folder / "predicted";
  train::PredictOptions options;
  options.device = "cpu";
  options.threads = 1;
  train::predict(run.fold.parent_path(), dataset / "imagesTr", output, options);
  const auto labels = plan::labels_of(plan::read_dataset(dataset));
  return train::evaluate_folder({output, dataset / "labelsTr", labels}, {});
}

}  // namespace

TEST_CASE("overlapping regions are trained, predicted and evaluated") {
  const TemporaryFolder folder;
  const auto run = trained_on(folder, region_task());
  for (const auto& dice : run.log.dice_per_class_or_region) CHECK(dice.size() == 2);
  const auto outputs = weight_of(run.fold / "checkpoint_final.pth", "decoder.seg_layers.0.weight");
  CHECK(outputs.size(0) == 2);

  const Json summary = predicted_and_evaluated(folder, run);
  REQUIRE(summary.at("mean").size() == 2);
  const Json &ball = summary["mean"].at("(1, 2)"), &core = summary["mean"].at("(2,)");
  const auto truth = labels_in(folder / "Dataset900_Balls/labelsTr/ball_0.nii.gz");
  const Json& first = summary["metric_per_case"][0]["metrics"];
  CHECK(first["(1, 2)"]["n_ref"].get<double>() == truth.gt(0).sum().item<double>());
  CHECK(first["(2,)"]["n_ref"].get<double>() == truth.eq(2).sum().item<double>());
  CHECK(ball.at("Dice").get<double>() > 0.1);
  CHECK(core.contains("Dice"));
}

TEST_CASE("voxels with the ignore label neither train nor count, and are never predicted") {
  const TemporaryFolder folder;
  const auto run = trained_on(folder, ignore_task());
  const auto outputs = weight_of(run.fold / "checkpoint_final.pth", "decoder.seg_layers.0.weight");
  CHECK(outputs.size(0) == 2);

  const Json summary = predicted_and_evaluated(folder, run);
  const auto truth = labels_in(folder / "Dataset900_Balls/labelsTr/ball_0.nii.gz");
  const Json& metrics = summary["metric_per_case"][0]["metrics"]["1"];
  double counted = 0;
  for (const char* kind : {"TP", "FP", "FN", "TN"}) counted += metrics[kind].get<double>();
  CHECK(counted == truth.ne(2).sum().item<double>());
  const auto predicted = labels_in(folder / "predicted/ball_0.nii.gz");
  CHECK(predicted.eq(2).sum().item<std::int64_t>() == 0);
}
