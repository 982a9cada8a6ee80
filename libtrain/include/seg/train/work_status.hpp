#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "seg/data/work_folder.hpp"

namespace seg::train {

/// How far a configuration's data are.
struct ConfigurationStatus {
  std::string plans, configuration;
  std::size_t preprocessed = 0;  ///< cases
};

/// How far the training of a fold is.
struct FoldStatus {
  std::string model, fold;  ///< names of their folders: <trainer>__<plans>__<configuration>, fold_0
  /// "running", "stopped" (can be resumed), "trained" (without final validation), "validated",
  /// "cut short" (no checkpoint was kept), or "empty" before the first epoch's end.
  std::string state;
  bool other_split = false;                ///< than the fold has by splits_final.json now
  std::int64_t epochs = 0;                 ///< finished
  std::optional<std::int64_t> all_epochs;  ///< unknown for runs of older versions
  std::optional<double> ema_dice;          ///< moving average of the pseudo Dice
  std::optional<double> validation_dice;   ///< mean of the foreground classes
  std::optional<double> seconds_left;      ///< while it runs, by the last epoch's time
  std::string process;                     ///< that trains it now, on which machine, since when
};

struct WorkStatus {
  std::size_t cases = 0;  ///< with labels; 0 when the dataset is not there
  std::vector<ConfigurationStatus> configurations;
  std::vector<FoldStatus> folds;
};

/// What is planned, preprocessed, trained and validated in WORK, by the files that lie there.
/// Changes nothing, whoever works there meanwhile.
/// @throws Error when WORK holds no plans or a file cannot be read.
WorkStatus work_status(const data::WorkFolder& work);

}  // namespace seg::train
