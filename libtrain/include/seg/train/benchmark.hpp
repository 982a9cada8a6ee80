#pragma once

#include "seg/train/trainer.hpp"

namespace seg::train {

struct BenchmarkResult {
  std::filesystem::path file;    ///< benchmark_result.json
  double fastest_epoch = 0;      ///< seconds
  double seconds_per_batch = 0;  ///< of that epoch, its validation included
};

/// nnU-Net's benchmark protocol: as many epochs as the settings say (nnU-Net: 5) of training and
/// validation without checkpoints and final validation, first as nnUNetTrainerBenchmark_5epochs
/// with the data of the fold, then as nnUNetTrainerBenchmark_5epochs_noDataLoading with one random
/// batch that stays in memory. The fastest epoch is added to
/// WORK/results/<trainer>__<plans>__<configuration>/fold_K/benchmark_result.json under nnU-Net's
/// keys; on a CPU "gpu_name" is "cpu" and "num_gpus" 0.
/// @throws Error as train() does, and when stopped.
std::vector<BenchmarkResult> benchmark(const std::filesystem::path& work,
                                       const TrainOptions& options, const std::atomic<bool>& stop,
                                       const Reporter& reporter = {});

}  // namespace seg::train
