#pragma once

#include "train/checkpoint.hpp"
#include "train/run_log.hpp"

namespace seg::train {

/// Segments the fold's validation cases into validation/<case>, as seg predict would, and compares
/// them with the dataset's labels.
/// @returns foreground mean Dice of validation/summary.json; nothing when it was stopped.
std::optional<double> validate_fold(Run& run, const Watch& watch);

/// Foreground mean Dice of an earlier validation in this fold; nothing when there was none, or when
/// it lacks probabilities that the options ask for.
std::optional<double> earlier_validation(const Run& run);

}  // namespace seg::train
