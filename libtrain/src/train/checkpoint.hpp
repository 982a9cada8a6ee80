#pragma once

#include "train/learner.hpp"
#include "train/run_state.hpp"
#include "train/task.hpp"

namespace seg::train {

/// Everything of a run that a checkpoint holds.
struct Run {
  TrainOptions options;
  Task task;
  Learner learner;
  RunState state;
  bool replaces_earlier_files = false;  ///< the fold's folder holds a run that is not this one's
};

/// Writes a checkpoint with nnU-Net's keys, so that Python nnU-Net loads it, and "seg": the options
/// and where in the epoch the run is.
void save_checkpoint(const std::filesystem::path& file, Run& run);

/// Puts weights, optimiser and state back.
/// @throws Error when the file is no checkpoint of seg, or of a run with other options.
void load_checkpoint(const std::filesystem::path& file, Run& run);

}  // namespace seg::train
