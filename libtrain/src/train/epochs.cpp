#include "train/epochs.hpp"

#include <torch/utils.h>

#include <cmath>

#include "seg/data/random.hpp"
#include "seg/plan/error.hpp"
#include "seg/train/progress_plot.hpp"
#include "seg/train/schedule.hpp"
#include "train/batches.hpp"

namespace seg::train {
namespace fs = std::filesystem;
namespace {

/// Below this loss scale it is not the scale that makes the loss overflow.
constexpr double kSmallestScale = 1e-3;

std::string epoch_name(const Run& run) {
  return "epoch " + std::to_string(run.state.epoch + 1) + "/" +
         std::to_string(run.task.recipe.epochs);
}

double learning_rate(const Run& run) {
  const Recipe& recipe = run.task.recipe;
  return learning_rate_at(
      {recipe.schedule, recipe.learning_rate, recipe.epochs, recipe.warm_up_epochs},
      run.state.epoch);
}

void report_progress(const Run& run, const RunLog& log) {
  log.advance(epoch_name(run), run.state.iteration + run.state.val_iteration,
              run.task.recipe.iterations + run.task.recipe.val_iterations);
}

/// Dropout draws from LibTorch's own generators; seeded anew for each iteration it needs no place
/// in the checkpoint.
void seed_network(const Run& run) {
  const data::DrawPosition position{run.task.recipe.seed,
                                    static_cast<std::uint64_t>(run.state.epoch),
                                    static_cast<std::uint64_t>(run.state.iteration)};
  torch::manual_seed(data::CountedRandom(position, data::Purpose::dropout).seed());
}

void check_loss(const Run& run, double loss) {
  const auto& scaler = run.learner.scaler;
  if (std::isfinite(loss) || (scaler.enabled && scaler.scale > kSmallestScale)) return;
  throw Error(run.task.fold_folder.string(),
              "the loss is no longer a number in " + epoch_name(run) + ", iteration " +
                  std::to_string(run.state.iteration),
              "lower the learning rate, train in fp32, or look for broken scans");
}

void train_once(Run& run, Batches& batches) {
  seed_network(run);
  const double loss = train_step(run.learner, batches.next_training());
  ++run.state.iteration;
  run.state.train_loss_sum += loss;
  check_loss(run, loss);
}

void validate_once(Run& run, Batches& batches) {
  const auto step = validation_step(run.learner, batches.next_validation());
  ++run.state.val_iteration;
  run.state.val_loss_sum += step.loss;
  run.state.counts += step.counts;
}

/// Adds the time since it was made to the epoch's.
class EpochClock {
 public:
  explicit EpochClock(RunState& state) : state_(state), started_(now() - state.seconds) {}
  void update() { state_.seconds = now() - started_; }

 private:
  RunState& state_;
  double started_;
};

/// @returns false when stopped before the end of the epoch.
bool run_epoch(Run& run, Batches& batches, const Watch& watch) {
  EpochClock clock(run.state);
  set_learning_rate(run.learner.optimizer, learning_rate(run));
  report_progress(run, watch.log);
  while (run.state.val_iteration < run.task.recipe.val_iterations) {
    if (watch.stop) return false;
    const bool training = run.state.iteration < run.task.recipe.iterations;
    run.learner.network->train(training);
    training ? train_once(run, batches) : validate_once(run, batches);
    clock.update();
    report_progress(run, watch.log);
  }
  return true;
}

void write_progress(const Run& run, const RunLog& log) {
  write_json(run.task.fold_folder / "progress.json", to_json(run.state.log));
  try {
    plot_progress(run.task.fold_folder / "progress.png", run.state.log);
  } catch (const Error& error) {
    log.warn(error.what());
  }
}

/// Files of a run that was here before go when the first checkpoint of this one is written.
void save(Run& run, const std::string& name) {
  const fs::path folder = run.task.fold_folder;
  save_checkpoint(folder / name, run);
  if (!run.replaces_earlier_files) return;
  run.replaces_earlier_files = false;
  for (const std::string other :
       {"checkpoint_latest.pth", "checkpoint_best.pth", "checkpoint_final.pth"})
    if (other != name) fs::remove(folder / other);
  fs::remove_all(folder / "validation");
}

/// A NaN is worse than anything.
bool is_best(const RunState& state) {
  return !state.best_ema || !(state.log.ema_fg_dice.back() <= *state.best_ema);
}

void close_epoch(Run& run, const RunLog& log) {
  const std::string name = epoch_name(run);
  const auto result = finish_epoch(run.state, learning_rate(run));
  const double average = run.state.log.ema_fg_dice.back();
  log.say(name + ": " + describe(result, average));
  if (is_best(run.state)) {
    run.state.best_ema = average;
    save(run, "checkpoint_best.pth");
  }
  const bool last = run.state.epoch == run.task.recipe.epochs;
  if (run.state.epoch % run.task.recipe.save_every == 0 && !last)
    save(run, "checkpoint_latest.pth");
  write_progress(run, log);
}

}  // namespace

bool train_epochs(Run& run, const Watch& watch) {
  Batches batches(run);
  while (run.state.epoch < run.task.recipe.epochs) {
    if (!run_epoch(run, batches, watch)) {
      save(run, "checkpoint_latest.pth");
      return false;
    }
    close_epoch(run, watch.log);
  }
  save(run, "checkpoint_final.pth");
  fs::remove(run.task.fold_folder / "checkpoint_latest.pth");
  return true;
}

}  // namespace seg::train
