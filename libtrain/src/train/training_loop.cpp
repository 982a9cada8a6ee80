#include "train/training_loop.hpp"

#include <torch/utils.h>

#include <array>
#include <cmath>
#include <cstdio>

#include "seg/data/random.hpp"
#include "seg/plan/error.hpp"
#include "seg/train/schedule.hpp"
#include "train/batches.hpp"
#include "train/checkpoint.hpp"

namespace seg::train {
namespace {

/// Below this loss scale it is not the scale that makes the loss overflow.
constexpr double kSmallestScale = 1e-3;

/// Adds the time since it was made to the epoch's.
class EpochClock {
 public:
  explicit EpochClock(RunState& state) : state_(state), started_(now() - state.seconds) {}
  void update() { state_.seconds = now() - started_; }

 private:
  RunState& state_;
  double started_;
};

/// A NaN is worse than anything.
bool is_best(const RunState& state) {
  return !state.best_ema || !(state.log.ema_fg_dice.back() <= *state.best_ema);
}

class Loop {
 public:
  Loop(Training& training, FoldFolder& folder, const std::atomic<bool>& stop)
      : training_(training), folder_(folder), stop_(stop), batches_(training) {}

  bool run() {
    while (state_.epoch < recipe_.epochs) {
      if (!run_epoch()) {
        folder_.save_latest(checkpoint());
        return false;
      }
      close_epoch();
    }
    folder_.save_final(checkpoint());
    return true;
  }

 private:
  /// From where the state is. @returns false when stopped before the end.
  bool run_epoch() {
    EpochClock clock(state_);
    set_learning_rate(learner_.optimizer, learning_rate());
    for (at::Tensor& parameter : learner_.resting)
      parameter.set_requires_grad(state_.epoch >= recipe_.decoder_warm_up_epochs);
    report();
    return train(clock) && validate(clock);
  }

  bool train(EpochClock& clock) {
    learner_.network->train(true);
    while (state_.iteration < recipe_.iterations) {
      if (stopped()) return false;
      seed_network();
      const double loss = train_step(learner_, batches_.next_training());
      ++state_.iteration;
      state_.train_loss_sum += loss;
      check(loss);
      clock.update();
      report();
    }
    return true;
  }

  bool validate(EpochClock& clock) {
    learner_.network->train(false);
    while (state_.val_iteration < recipe_.val_iterations) {
      if (stopped()) return false;
      const auto step = validation_step(learner_, batches_.next_validation());
      ++state_.val_iteration;
      state_.val_loss_sum += step.loss;
      state_.counts += step.counts;
      clock.update();
      report();
    }
    return true;
  }

  /// On any rank: all end after the same iteration.
  bool stopped() const { return ranks_ ? ranks_->any(stop_) : stop_.load(); }

  FoldFolder::MakeCheckpoint checkpoint() const {
    return [this] { return checkpoint_of(training_); };
  }

  void close_epoch() {
    const std::string name = epoch_name();
    if (ranks_) take_over_weights(learner_, *ranks_);
    const auto result = finish_epoch(state_, learning_rate());
    const double average = state_.log.ema_fg_dice.back();
    folder_.log().say(name + ": " + describe(result, average));
    if (ranks_) say_traffic(name, result);
    if (is_best(state_)) {
      state_.best_ema = average;
      folder_.save_best(checkpoint());
    }
    const bool last = state_.epoch == recipe_.epochs;
    if (state_.epoch % recipe_.save_every == 0 && !last) folder_.save_latest(checkpoint());
    folder_.write_progress(state_.log, training_.task.labels.foreground_names);
    if (const auto& on_epoch = training_.task.options.on_epoch)
      on_epoch({state_.epoch, recipe_.epochs, result, state_.log.mean_fg_dice.back(), average});
  }

  /// What this epoch cost beside computing.
  void say_traffic(const std::string& name, const EpochResult& result) {
    const data::RankTraffic& now = ranks_->traffic();
    const auto steps = static_cast<double>(recipe_.iterations + recipe_.val_iterations);
    std::array<char, 200> line{};
    std::snprintf(line.data(), line.size(),
                  "%s: %.3f MB a step into sums of %d processes, under way for %.4f and waited for "
                  "%.4f of %.4f s",
                  name.c_str(), static_cast<double>(now.bytes - traffic_.bytes) / 1e6 / steps,
                  ranks_->count(), (now.under_way - traffic_.under_way) / steps,
                  (now.waited - traffic_.waited) / steps, (result.ended - result.started) / steps);
    traffic_ = now;
    folder_.log().say(line.data());
  }

  std::string epoch_name() const {
    return "epoch " + std::to_string(state_.epoch + 1) + "/" + std::to_string(recipe_.epochs);
  }

  double learning_rate() const {
    return learning_rate_at({.name = recipe_.schedule,
                             .learning_rate = recipe_.learning_rate,
                             .epochs = recipe_.epochs,
                             .warm_up_epochs = recipe_.warm_up_epochs,
                             .decoder_warm_up_epochs = recipe_.decoder_warm_up_epochs},
                            state_.epoch);
  }

  /// Dropout draws from LibTorch's own generators; seeded anew for each iteration it needs no place
  /// in the checkpoint. Ranks draw for their items, so that it is the only thing that depends on
  /// their number.
  void seed_network() const {
    const auto first = data::share_of(ranks_, training_.task.configuration.batch_size).first;
    const data::DrawPosition position{recipe_.seed, static_cast<std::uint64_t>(state_.epoch),
                                      static_cast<std::uint64_t>(state_.iteration),
                                      static_cast<std::uint64_t>(first)};
    torch::manual_seed(data::CountedRandom(position, data::Purpose::dropout).seed());
  }

  void check(double loss) const {
    const auto& scaler = learner_.scaler;
    if (std::isfinite(loss) || (scaler.enabled && scaler.scale > kSmallestScale)) return;
    throw Error(folder_.path().string(),
                "the loss is no longer a number in " + epoch_name() + ", iteration " +
                    std::to_string(state_.iteration),
                "lower the learning rate, compute in fp32, or look for broken scans");
  }

  void report() const {
    folder_.log().advance(epoch_name(),
                          static_cast<std::size_t>(state_.iteration + state_.val_iteration),
                          static_cast<std::size_t>(recipe_.iterations + recipe_.val_iterations));
  }

  Training& training_;
  data::Ranks* ranks_ = training_.task.options.ranks;
  data::RankTraffic traffic_ = ranks_ ? ranks_->traffic() : data::RankTraffic{};
  FoldFolder& folder_;
  const std::atomic<bool>& stop_;
  const Recipe& recipe_ = training_.task.recipe;
  Learner& learner_ = training_.learner;
  RunState& state_ = training_.state;
  Batches batches_;
};

}  // namespace

bool train_epochs(Training& training, FoldFolder& folder, const std::atomic<bool>& stop) {
  return Loop(training, folder, stop).run();
}

}  // namespace seg::train
