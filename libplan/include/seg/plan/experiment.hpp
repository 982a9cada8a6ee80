#pragma once

#include <string>

#include "seg/plan/dataset.hpp"
#include "seg/plan/labels.hpp"
#include "seg/plan/plans.hpp"

namespace seg::plan {

/// What is segmented and how: one configuration of the plans for a dataset. Preprocessing,
/// training, prediction and export all work on one.
struct Experiment {
  Dataset dataset;
  Plans plans;
  Configuration configuration;
  Labels labels;
};

/// Puts the parts together.
/// @throws Error when there is no such configuration, when it cannot be used (the line names the
/// key), or when the plans are for another number of channels than the dataset has.
Experiment make_experiment(Dataset dataset, Plans plans, const std::string& configuration);

}  // namespace seg::plan
