#pragma once

#include <cstdint>
#include <vector>

#include "memory_estimate.hpp"
#include "planner_preset.hpp"
#include "topology.hpp"

namespace seg::plan {

/// What is the same for all configurations of a dataset.
struct PlanningTask {
  PlannerPreset preset;
  double gpu_memory_gb = 0;
  std::int64_t outputs = 0;  ///< entries of "labels"; all of them, as nnU-Net counts
  double training_cases = 0;
};

/// The images of one configuration.
struct ConfigurationImages {
  Extents spacing;            ///< mm
  Extents median_shape;       ///< after resampling
  double dataset_voxels = 0;  ///< of all training cases together
};

/// A patch size that was tried, and what it needs.
struct PatchTrial {
  Voxels patch_size;
  std::int64_t memory_estimate = 0;
};

/// Patch size, network and batch size of one configuration, and how they were found.
struct ConfigurationPlan {
  ConfigurationImages images;
  Extents initial_patch_size;      ///< before padding
  std::vector<PatchTrial> trials;  ///< the last one is the result
  Topology topology;
  NetworkSize network;
  double memory_limit = 0;            ///< memory estimate that allows the reference's batch size
  double largest_patch_estimate = 0;  ///< patches that need more are made smaller
  std::int64_t batch_size_from_memory = 0, batch_size_from_dataset = 0, batch_size = 0;

  const Voxels& patch_size() const { return topology.patch_size; }
};

/// Plans one configuration as ExperimentPlanner.get_plans_for_configuration.
/// @throws Error when no patch fits the memory target.
ConfigurationPlan plan_configuration(const PlanningTask& task, const ConfigurationImages& images);

/// Extents of a patch of 256^3 (2d: 2048^2) voxels with cubic outline in mm, at most the median
/// shape.
Extents initial_patch_size(const ConfigurationImages& images);

double product(const Extents& values);
double product(const Voxels& values);

}  // namespace seg::plan
