#pragma once

#include "train/checkpoint.hpp"

namespace seg::train {

/// The options that decide what a run computes, by their names on the command line, and the plan.
Json recorded_options(const Run& run);

/// @throws Error when a run with `now` would not be the one that was started with `earlier`: only
/// epochs may differ, and only grow.
void check_same_options(const Json& earlier, const Json& now, const std::string& source);

}  // namespace seg::train
