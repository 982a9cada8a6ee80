#pragma once

#include "train/checkpoint.hpp"
#include "train/run_log.hpp"

namespace seg::train {

/// Trains until options.epochs are finished; writes checkpoints, log and plot on the way.
/// @returns false when it was stopped (checkpoint_latest is written then).
bool train_epochs(Run& run, const Watch& watch);

}  // namespace seg::train
