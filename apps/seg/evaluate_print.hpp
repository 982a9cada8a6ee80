#pragma once

#include <string>
#include <vector>

#include "seg/plan/files.hpp"
#include "seg/plan/labels.hpp"

namespace seg::app {

/// Prints the Dice of every case, the means of the other metrics that were asked for, with their
/// intervals where the summary has such, and how many cases each mean leaves out.
void print_summary(const Json& summary, const plan::Labels& labels,
                   const std::vector<std::string>& metrics);

}  // namespace seg::app
