#include "train/run_state.hpp"

#include <chrono>

#include "seg/train/pseudo_dice.hpp"

namespace seg::train {
namespace {

at::Tensor no_counts(std::int64_t classes) { return at::zeros({3, classes}, at::kLong); }

}  // namespace

RunState start_state(std::int64_t foreground_classes) {
  RunState state;
  state.counts = no_counts(foreground_classes);
  return state;
}

EpochResult finish_epoch(RunState& state, double learning_rate) {
  EpochResult result;
  result.train_loss = state.train_loss_sum / static_cast<double>(state.iteration);
  result.val_loss = state.val_loss_sum / static_cast<double>(state.val_iteration);
  result.learning_rate = learning_rate;
  result.ended = now();
  result.started = result.ended - state.seconds;
  result.class_dice = pseudo_dice(state.counts);
  append(state.log, result);
  ++state.epoch;
  state.iteration = state.val_iteration = 0;
  state.train_loss_sum = state.val_loss_sum = state.seconds = 0;
  state.counts = no_counts(state.counts.size(1));
  return result;
}

double now() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(since_1970).count();
}

}  // namespace seg::train
