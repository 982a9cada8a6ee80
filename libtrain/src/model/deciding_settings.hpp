#pragma once

#include <string>
#include <vector>

#include "seg/plan/experiment.hpp"

namespace seg::train {

/// What decides, beside the weights, what a model segments: how scans are prepared, which network
/// takes them in which patches, and what its outputs mean. An object with an entry for each.
Json deciding_settings(const plan::Experiment& experiment);

/// Names of the entries in which two such objects differ.
std::vector<std::string> differing_settings(const Json& one, const Json& other);

}  // namespace seg::train
