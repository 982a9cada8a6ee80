#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "seg/plan/planner.hpp"

namespace seg::oracles {

/// Preset of configs/planners.json that stands for a planner class of nnU-Net.
/// @throws Error when there is none.
std::string preset_of(const std::string& planner_class);

/// What the planner was given in a recorded case.
struct PlannerInputs {
  plan::Dataset dataset;
  plan::Fingerprint fingerprint;
  plan::PlannerOptions options;
};
PlannerInputs planner_inputs(const Json& recorded);

/// Recorded planner cases in a folder (case_*.json), sorted; empty without the folder.
std::vector<std::filesystem::path> planner_cases(const std::filesystem::path& folder);

}  // namespace seg::oracles
