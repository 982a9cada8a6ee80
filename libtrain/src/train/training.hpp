#pragma once

#include <atomic>

#include "train/learner.hpp"
#include "train/run_state.hpp"
#include "train/task.hpp"

namespace seg::train {

/// A training: what is trained, the network that learns it, and how far it is.
struct Training {
  Task task;
  Learner learner;
  RunState state;
};

/// Everything between a task with its recipe and the first iteration: threads, device and
/// precision, data, network and optimiser.
/// @throws Error when data or device are missing, or stopped while preprocessing.
Training set_up(Task task, const std::atomic<bool>& stop, const Reporter& reporter);

}  // namespace seg::train
