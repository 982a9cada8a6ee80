#pragma once

#include <atomic>
#include <optional>

#include "train/fold_folder.hpp"
#include "train/training.hpp"

namespace seg::train {

/// Segments the fold's validation cases into validation/<case>, as seg predict would, and compares
/// them with the dataset's labels.
/// @returns foreground mean Dice of validation/summary.json; nothing when it was stopped.
std::optional<double> validate_fold(Training& training, const FoldFolder& folder,
                                    const std::atomic<bool>& stop);

/// Foreground mean Dice of an earlier validation in a fold with this split; nothing when there was
/// none, or when it lacks probabilities that the options ask for.
std::optional<double> earlier_validation(const Task& task, const data::Split& split,
                                         const std::filesystem::path& validation);

}  // namespace seg::train
