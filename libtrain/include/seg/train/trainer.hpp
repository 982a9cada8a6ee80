#pragma once

#include <atomic>
#include <filesystem>

#include "seg/plan/reporter.hpp"
#include "seg/train/train_options.hpp"

namespace seg::train {

struct TrainResult {
  std::filesystem::path folder;  ///< fold folder with checkpoints
  bool interrupted = false;      ///< stopped by `stop`; resuming continues
  double validation_dice = 0;    ///< foreground mean of validation/summary.json
};

/// Trains one fold of a configuration in WORK and validates it on the fold's cases. Writes
/// results/<trainer>__<plans>__<configuration>/fold_K: checkpoint_best/latest/final.pth
/// (nnU-Net's keys, and one of our own, "seg"), training_log.txt, progress.json, progress.png,
/// validation/. No other process can train the fold meanwhile.
///
/// The same seed, device and number of threads give the same weights bit for bit, also when the run
/// was interrupted and resumed in between.
/// @param stop set from a signal handler: the run saves checkpoint_latest before the next
/// iteration and returns.
/// @throws Error when another process trains the fold, when data is missing, a setting is unknown
/// or impossible, when the loss is no longer a number, when nothing is there to resume or the
/// settings contradict those of the interrupted run (see Setting::on_resume), when stopped while
/// preprocessing, and when a file cannot be written (the earlier checkpoint then stays).
TrainResult train(const std::filesystem::path& work, const TrainOptions& options,
                  const std::atomic<bool>& stop, const Reporter& reporter = {});

/// The settings as train() would use them, and where each comes from: {NAME: {"value": ..., "from":
/// "default", "plan", "trainer", "checkpoint", "config file" or options.settings_origin},
/// "augmentation": {NAME: ...}}. Writes nothing.
/// @throws Error as train() does for settings.
Json settings_in_use(const std::filesystem::path& work, const TrainOptions& options,
                     const Reporter& reporter = {});

}  // namespace seg::train
