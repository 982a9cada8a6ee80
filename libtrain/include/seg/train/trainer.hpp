#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "seg/plan/files.hpp"
#include "seg/plan/reporter.hpp"

namespace seg::train {

/// Options of one training run.
struct TrainOptions {
  std::string configuration = "3d_fullres";
  std::string fold = "0";
  std::string plans_name;  ///< empty: WORK/plans.json; see data::WorkFolder::plans
  /// Entries of configs/training.json that shall be others ("epochs", ...), and those of
  /// configs/augmentation.json under "augmentation". What they do not say is taken from
  /// config_file, the interrupted run (resume), the plan, and nnU-Net's recipe, in this order.
  Json settings = Json::object();
  std::optional<std::filesystem::path> config_file;
  std::string device = "auto";      ///< auto, cpu, cuda, cuda:N
  std::string precision = "auto";   ///< auto, fp32, bf16, fp16
  int threads = 0;                  ///< 0: all cores
  bool save_probabilities = false;  ///< of the validation cases, for ensembles
  bool resume = false;
  std::optional<std::string> pretrained;         ///< checkpoint to start from: a file or a URL
  std::optional<std::string> pretrained_sha256;  ///< that it must have, as 64 hexadecimal digits
};

struct TrainResult {
  std::filesystem::path folder;  ///< fold folder with checkpoints
  bool interrupted = false;      ///< stopped by `stop`; --resume continues
  double validation_dice = 0;    ///< foreground mean of validation/summary.json
};

/// Trains one fold of a configuration in WORK (with preprocessed data) and validates it on the
/// fold's cases. Writes results/nnUNetTrainer__<plans>__<configuration>/fold_K:
/// checkpoint_best/latest/final.pth (nnU-Net's keys, and one of our own, "seg"), training_log.txt,
/// progress.json, progress.png, validation/.
///
/// The same seed, device and number of threads give the same weights bit for bit, also when the run
/// was interrupted and resumed in between.
/// @param stop set from a signal handler: the run saves checkpoint_latest before the next
/// iteration and returns.
/// @throws Error when data is missing, a setting is unknown or impossible, when the loss is no
/// longer a number, when nothing is there to resume or the settings contradict those of the
/// interrupted run (only "epochs" may grow), and when a file cannot be written (the earlier
/// checkpoint then stays).
TrainResult train(const std::filesystem::path& work, const TrainOptions& options,
                  const std::atomic<bool>& stop, const Reporter& reporter = {});

}  // namespace seg::train
