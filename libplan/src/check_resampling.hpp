#pragma once

#include <string>

#include "seg/plan/plans.hpp"

namespace seg::plan {

/// Checks the three resampling functions of a configuration and their arguments.
/// @param source names the configuration in errors.
/// @throws Error naming the key for a function that nnU-Net 2.8.1 has not, an argument that its
/// function does not take or that has an impossible value, and for functions that do not agree
/// whether arrays keep their size.
void check_resampling(const Configuration& configuration, const std::string& source);

}  // namespace seg::plan
