#pragma once

#include <filesystem>

#include "seg/train/training_log.hpp"

namespace seg::train {

/// Draws progress.png, atomically: losses (left axis) with the pseudo Dice and its moving average
/// (right axis), below them the learning rate and the seconds of each epoch. The log has at least
/// one epoch.
/// @throws Error when the picture cannot be written or PLplot has no PNG driver.
void plot_progress(const std::filesystem::path& file, const TrainingLog& log);

}  // namespace seg::train
