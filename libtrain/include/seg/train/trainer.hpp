#pragma once

#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include "seg/plan/reporter.hpp"
#include "seg/train/train_options.hpp"

namespace seg::train {

struct TrainResult {
  std::filesystem::path folder;  ///< fold folder with checkpoints
  bool interrupted = false;      ///< stopped by `stop`; resuming continues
  double validation_dice = 0;    ///< foreground mean of validation/summary.json
  bool was_finished = false;     ///< go_on() found nothing to do
};

/// Trains one fold of a configuration in WORK and validates it on the fold's cases. Writes
/// results/<trainer>[-<name>]__<plans>__<configuration>/fold_K: checkpoint_best/latest/final.pth
/// (nnU-Net's keys, and one of our own, "seg"), training_log.txt, progress.json, progress.png,
/// validation/. No other process can train the fold meanwhile.
///
/// The same seed, device and number of threads give the same weights bit for bit, also when the run
/// was interrupted and resumed in between.
/// @param stop set from a signal handler: the run saves checkpoint_latest before the next
/// iteration and returns.
/// @throws Error when another process trains the fold, when its run is finished and shall be
/// neither resumed nor overwritten, when data is missing, a setting is unknown or impossible, when
/// the loss is no longer a number, when nothing is there to resume or the settings contradict those
/// of the interrupted run (see Setting::on_resume), when stopped while preprocessing, and when a
/// file cannot be written (the earlier checkpoint then stays).
TrainResult train(const std::filesystem::path& work, const TrainOptions& options,
                  const std::atomic<bool>& stop, const Reporter& reporter = {});

/// What it would write or leave, one line each: preprocessed cases, splits, and the fold's files.
/// Writes nothing. @throws Error as it does for settings, plans, and what is there of the fold.
std::vector<std::string> train_intentions(const std::filesystem::path& work,
                                          const TrainOptions& options,
                                          const Reporter& reporter = {});

/// train() for one fold among several: what is finished stays, what was begun is resumed, the rest
/// is trained. TrainOptions::overwrite trains anew.
TrainResult go_on(const std::filesystem::path& work, const TrainOptions& options,
                  const std::atomic<bool>& stop, const Reporter& reporter = {});

/// Repeats the final validation of a fold with a checkpoint of it.
/// @throws Error when the checkpoint is not there or belongs to another plan or split, and as
/// train().
TrainResult validate(const std::filesystem::path& work, const TrainOptions& options,
                     const std::atomic<bool>& stop, const Reporter& reporter = {});

/// What it would write, one line for each file. Writes nothing. @throws Error as it does for the
/// checkpoint's file, plans and splits.
std::vector<std::string> validate_intentions(const std::filesystem::path& work,
                                             const TrainOptions& options,
                                             const Reporter& reporter = {});

/// Whether go_on() would leave a fold as it is.
bool is_finished(const std::filesystem::path& work, const TrainOptions& options);

/// The folds that splits_final.json has ("0", "1", ...), or will have if it is not there.
std::vector<std::string> fold_names(const std::filesystem::path& work,
                                    const Reporter& reporter = {});

/// The settings as train() would use them, and where each comes from: {NAME: {"value": ..., "from":
/// "default", "plan", "trainer", "checkpoint", "config file" or options.settings_origin},
/// "augmentation": {NAME: ...}}. Writes nothing.
/// @throws Error as train() does for settings.
Json settings_in_use(const std::filesystem::path& work, const TrainOptions& options,
                     const Reporter& reporter = {});

}  // namespace seg::train
