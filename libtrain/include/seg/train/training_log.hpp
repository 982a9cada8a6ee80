#pragma once

#include <string>
#include <vector>

#include "seg/plan/files.hpp"

namespace seg::train {

/// What one epoch gave.
struct EpochResult {
  double train_loss = 0, val_loss = 0, learning_rate = 0;
  double started = 0, ended = 0;   ///< seconds since 1970
  std::vector<double> class_dice;  ///< pseudo Dice per foreground class, NaN for absent ones
};

/// One value per finished epoch, under nnU-Net's names.
struct TrainingLog {
  std::vector<double> mean_fg_dice, ema_fg_dice;
  std::vector<std::vector<double>> dice_per_class_or_region;
  std::vector<double> train_losses, val_losses, lrs;
  std::vector<double> epoch_start_timestamps, epoch_end_timestamps;  ///< seconds since 1970

  std::size_t epochs() const { return train_losses.size(); }
};

/// Next value of the moving average of the pseudo Dice: 0.9 * old + 0.1 * new, the first as it is.
/// A NaN (no foreground in the validation patches) leaves it where it was.
double moving_average(const std::vector<double>& earlier, double value);

void append(TrainingLog& log, const EpochResult& epoch);

/// An object with one list per name (progress.json, "logging" in checkpoints).
Json to_json(const TrainingLog& log);

/// @param source names the file in errors. @throws Error when a list is missing.
TrainingLog training_log_from_json(const Json& json, const std::string& source);

/// A line for a person: losses, pseudo Dice, its moving average, learning rate, seconds.
std::string describe(const EpochResult& epoch, double moving_average);

}  // namespace seg::train
