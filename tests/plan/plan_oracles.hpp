#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "seg/plan/built_in_config.hpp"
#include "seg/plan/planner.hpp"
#include "test_files.hpp"

namespace seg::test {

/// Recorded planner cases (case_*.json), sorted; empty when there are none here.
std::vector<std::filesystem::path> planner_cases();

/// Name of the preset in configs/planners.json that stands for a planner class of nnU-Net.
std::string preset_of(const std::string& planner_class);

/// What the planner was given in a recorded case.
struct PlannerInputs {
  plan::Dataset dataset;
  plan::Fingerprint fingerprint;
  plan::PlannerOptions options;
};
PlannerInputs planner_inputs(const Json& recorded);

/// Runs the planner on the inputs of a recorded case.
plan::Plans plan_again(const Json& recorded);

/// Where and how `actual` differs from `expected` (type, key order, length, value; numbers to 1e-9
/// relative), or nothing.
std::string difference(const Json& expected, const Json& actual, const std::string& path = "plans");

}  // namespace seg::test
