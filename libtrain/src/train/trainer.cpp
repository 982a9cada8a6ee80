#include "seg/train/trainer.hpp"

#include "seg/plan/error.hpp"
#include "seg/train/device.hpp"
#include "train/checkpoint.hpp"
#include "train/checkpoint_record.hpp"
#include "train/epochs.hpp"
#include "train/final_validation.hpp"

namespace seg::train {
namespace fs = std::filesystem;
namespace {

Run make_run(const fs::path& work, const TrainOptions& options, const Reporter& reporter) {
  set_threads(options.threads);
  const auto device = choose_device(options.device);
  const Machine machine{device, choose_precision(options.precision, device)};
  Task task = read_task(work, options);
  Learner learner = make_learner(task, options, machine, reporter);
  RunState state = start_state(static_cast<std::int64_t>(task.labels.foreground().size()));
  return {options, std::move(task), std::move(learner), std::move(state)};
}

bool holds_a_run(const fs::path& fold_folder) {
  for (const char* name : {"checkpoint_latest.pth", "checkpoint_final.pth", "checkpoint_best.pth"})
    if (fs::exists(fold_folder / name)) return true;
  return false;
}

void resume(Run& run, const RunLog& log) {
  const fs::path file = checkpoint_to_resume(run.task.fold_folder);
  load_checkpoint(file, run);
  log.say("resuming from " + file.string() + " after " + std::to_string(run.state.epoch) +
          " epochs and " + std::to_string(run.state.iteration) + " iterations");
}

void start(Run& run, const RunLog& log) {
  run.replaces_earlier_files = holds_a_run(run.task.fold_folder);
  if (run.replaces_earlier_files)
    log.warn(run.task.fold_folder.string() +
             " holds an earlier run; the first checkpoint of this one replaces it (resuming would "
             "have continued it)");
}

std::string describe(const Run& run) {
  const auto& task = run.task;
  return "training " + task.configuration.name + ", fold " + run.options.fold + ": " +
         std::to_string(task.split.train.size()) + " cases, " +
         std::to_string(task.split.val.size()) + " for validation; batch size " +
         std::to_string(task.configuration.batch_size) + ", " +
         std::to_string(run.task.recipe.epochs) + " epochs of " +
         std::to_string(run.task.recipe.iterations) + " iterations; " +
         device_name(run.learner.device) + ", " + precision_name(run.learner.precision) +
         ", seed " + std::to_string(run.task.recipe.seed);
}

bool is_finished(const Run& run) { return run.state.epoch >= run.task.recipe.epochs; }

TrainResult validate(Run& run, const Watch& watch) {
  const auto dice = validate_fold(run, watch);
  return {run.task.fold_folder, !dice.has_value(), dice.value_or(0)};
}

TrainResult finished_before(Run& run, const Watch& watch) {
  const auto dice = earlier_validation(run);
  watch.log.say("all " + std::to_string(run.task.recipe.epochs) + " epochs are finished already" +
                (dice ? "; nothing to resume" : ""));
  return dice ? TrainResult{run.task.fold_folder, false, *dice} : validate(run, watch);
}

}  // namespace

TrainResult train(const fs::path& work, const TrainOptions& options, const std::atomic<bool>& stop,
                  const Reporter& reporter) {
  const OwnStream stream(choose_device(options.device));
  Run run = make_run(work, options, reporter);
  const RunLog log(run.task.fold_folder / "training_log.txt", reporter);
  const Watch watch{stop, log};
  options.resume ? resume(run, log) : start(run, log);
  if (options.resume && is_finished(run)) return finished_before(run, watch);
  write_model_files(run.task);
  log.say(describe(run));
  if (!train_epochs(run, watch)) {
    log.say("stopped; resuming goes on from here");
    return {run.task.fold_folder, true, 0};
  }
  return validate(run, watch);
}

}  // namespace seg::train
