#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "seg/plan/api.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/reporter.hpp"

/// Planning, preprocessing and training as the commands of `seg` do them, in the caller's process.
/// What they write is the same and lies in the same places, so that a program may begin what a
/// command goes on with. They print nothing and handle no signals. Training sets the number of
/// LibTorch's threads and seeds its generators for the whole process; one training at a time.
namespace seg {

struct PlanRequest {
  std::filesystem::path dataset{};  ///< in nnU-Net v2's format
  std::filesystem::path work{};     ///< folder to write to
  std::string preset = "default";   ///< a planner or a network: what seg plan --network takes
  std::string plans_name{};         ///< empty: the preset's own
  double gpu_memory_gb = 0;         ///< to plan for; 0: the preset's own
  int jobs = 0;                     ///< cases at a time; 0: as many as there are cores
};

struct PreprocessRequest {
  std::filesystem::path work{};
  std::string configuration = "3d_fullres";  ///< or 2d, 3d_lowres, 3d_cascade_fullres
  std::string plans_name{};
  int jobs = 0;
};

struct TrainRequest {
  std::filesystem::path work{};
  std::string configuration = "3d_fullres", fold = "0", plans_name{};
  std::string settings{};  ///< JSON object of what shall not be as in configs/training.json
  std::string device = "auto", precision = "auto";
  int threads = 0;           ///< 0: all cores
  bool resume = false;       ///< go on with the run that was stopped
  std::string pretrained{};  ///< checkpoint to start from; empty: none
  bool overwrite = false;    ///< replace a run that is finished, which is an error else
  std::string name{};        ///< of the run, for a model folder beside others; empty: none
};

/// What an epoch gave.
struct EpochReport {
  int epoch = 0, epochs = 0;  ///< finished, of how many
  double train_loss = 0, validation_loss = 0, learning_rate = 0, seconds = 0;
  double pseudo_dice = 0, moving_average = 0;  ///< mean over the foreground; NaN without any
};

/// How the caller hears of a run and ends it. Calls come one at a time, some from other threads.
struct RunControl {
  Reporter reporter{};
  std::function<void(const EpochReport&)> epoch{};
  const std::atomic<bool>* stop = nullptr;  ///< true: the run saves its state and ends soon
};

struct TrainedFold {
  std::filesystem::path model{};  ///< what Predictor::load() takes
  bool stopped = false;           ///< by `stop`; resuming goes on from there
  /// Foreground mean of the fold's validation cases; NaN when stopped.
  double dice = std::numeric_limits<double>::quiet_NaN();
};

/// Measures and plans a dataset. @returns the names of the plan's configurations.
/// @throws Error for a dataset that cannot be planned, and naming the process when another plans or
/// preprocesses in the work folder.
SEG_API std::vector<std::string> plan_work(const PlanRequest& request,
                                           const RunControl& control = {});

/// Preprocesses what is missing. @throws Error, of kind interrupted when stopped.
SEG_API void preprocess_work(const PreprocessRequest& request, const RunControl& control = {});

/// Preprocesses what is missing, trains a fold and validates it.
/// @throws Error as `seg train` ends with.
SEG_API TrainedFold train_fold(const TrainRequest& request, const RunControl& control = {});

}  // namespace seg
