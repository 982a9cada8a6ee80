#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "seg/plan/dataset.hpp"
#include "seg/plan/fingerprint.hpp"
#include "seg/plan/plans.hpp"

namespace seg::plan {

struct PlannerOptions {
  std::string preset = "default";                ///< default, resenc-m, resenc-l, resenc-xl
  std::optional<double> gpu_memory_gb;           ///< memory target; the preset's own if empty
  std::optional<std::array<double, 3>> spacing;  ///< target spacing in mm, original axis order
  std::optional<std::string> plans_name;         ///< the preset's own (nnUNetPlans, ...) if empty
  std::string image_reader_writer = "SimpleITKIO";  ///< written into the plans
};

/// Why a number of the plan is what it is: one line per decision, in the order they were made.
using Explanation = std::vector<std::string>;

/// Plans a dataset as nnU-Net v2.8.1's planners do (ExperimentPlanner, nnUNetPlannerResEncM/L/XL).
/// @param explanation if given, receives the reasons.
/// @throws Error when the fingerprint cannot be planned (no cases, channels that disagree, unknown
/// preset).
Plans plan_experiment(const Dataset& dataset, const Fingerprint& fingerprint,
                      const PlannerOptions& options, Explanation* explanation = nullptr);

}  // namespace seg::plan
