#pragma once

#include <atomic>

#include "train/fold_folder.hpp"
#include "train/training.hpp"

namespace seg::train {

/// Trains until the recipe's epochs are finished; leaves checkpoints, log and plot in the folder on
/// the way.
/// @returns false when it was stopped (the latest checkpoint is written then).
/// @throws Error when the loss is no longer a number.
bool train_epochs(Training& training, FoldFolder& folder, const std::atomic<bool>& stop);

}  // namespace seg::train
