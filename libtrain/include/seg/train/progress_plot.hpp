#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "seg/train/training_log.hpp"

namespace seg::train {

/// Draws progress.png, atomically: losses (left axis) with the mean pseudo Dice and its moving
/// average (right axis), below them the pseudo Dice of each class, then the learning rate and the
/// seconds of each epoch. The log has at least one epoch.
/// @param classes names of the foreground classes, in the log's order.
/// @throws Error when the picture cannot be written or PLplot has no PNG driver.
void plot_progress(const std::filesystem::path& file, const TrainingLog& log,
                   const std::vector<std::string>& classes);

}  // namespace seg::train
