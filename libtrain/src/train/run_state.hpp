#pragma once

#include <optional>

#include "seg/train/trainer.hpp"
#include "seg/train/training_log.hpp"

namespace seg::train {

/// How far a run is, apart from weights and optimiser: enough to go on from any iteration.
struct RunState {
  std::int64_t epoch = 0;                         ///< epochs finished
  std::int64_t iteration = 0, val_iteration = 0;  ///< done in the current epoch
  double train_loss_sum = 0, val_loss_sum = 0;    ///< over those
  at::Tensor counts;                              ///< their sum, see count_overlap()
  double seconds = 0;                             ///< spent on the current epoch so far
  TrainingLog log;                                ///< finished epochs
  std::optional<double> best_ema;
};

RunState start_state(std::int64_t foreground_classes);

/// Closes the current epoch: appends it to the log and starts the next one. @returns the epoch.
EpochResult finish_epoch(RunState& state, double learning_rate);

/// Seconds since 1970.
double now();

}  // namespace seg::train
