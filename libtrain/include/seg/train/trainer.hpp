#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "seg/plan/reporter.hpp"

namespace seg::train {

/// Options of one training run; defaults are nnU-Net's recipe. Empty optionals come from the plan.
struct TrainOptions {
  std::string configuration = "3d_fullres";
  std::string fold = "0";
  std::string plans_name;  ///< empty: WORK/plans.json; see data::WorkFolder::plans
  std::int64_t epochs = 1000, iterations = 250, val_iterations = 50;
  std::optional<std::int64_t> batch_size;
  double learning_rate = 0.01, weight_decay = 3e-5, momentum = 0.99;
  std::uint64_t seed = 0;
  std::string device = "auto";     ///< auto, cpu, cuda, cuda:N
  std::string precision = "auto";  ///< auto, fp32, bf16, fp16
  int threads = 0;                 ///< 0: all cores
  bool mirror = true;
  bool deep_supervision = true;
  double foreground_fraction = 0.33;
  std::int64_t save_every = 50;  ///< epochs between checkpoint_latest
  bool resume = false;
  std::optional<std::filesystem::path> pretrained;
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
/// @throws Error when data is missing, when the loss is no longer a number, when nothing is there
/// to resume or the options differ from those of the interrupted run (only `epochs` may grow), and
/// when a file cannot be written (the earlier checkpoint then stays).
TrainResult train(const std::filesystem::path& work, const TrainOptions& options,
                  const std::atomic<bool>& stop, const Reporter& reporter = {});

}  // namespace seg::train
