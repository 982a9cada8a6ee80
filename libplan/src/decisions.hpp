#pragma once

#include <optional>

#include "lowres.hpp"
#include "normalization_rule.hpp"
#include "seg/plan/planner.hpp"
#include "target_spacing.hpp"

namespace seg::plan {

/// All that the planner decided for a dataset, before it becomes text.
struct Decisions {
  std::string dataset_name, plans_name, image_reader;
  PlanningTask task;
  TargetSpacing target;
  bool spacing_given = false;            ///< the user's instead of `target`
  std::array<double, 3> spacing{};       ///< original axis order
  std::array<double, 3> median_shape{};  ///< after resampling, original axis order
  Transpose transpose;
  NormalizationRule normalization;
  ConfigurationPlan in_2d;
  std::optional<ConfigurationPlan> fullres;  ///< not for images with one slice
  LowresSearch lowres;
};

/// The whole of planning but for its text.
Decisions decide(const Dataset& dataset, const Fingerprint& fingerprint,
                 const PlannerOptions& options);

/// nnU-Net's plans.json, in its key order.
Json plans_json(const Decisions& decisions, const Fingerprint& fingerprint);

Explanation explain(const Decisions& decisions, const Fingerprint& fingerprint);

}  // namespace seg::plan
