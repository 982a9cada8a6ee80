#include "plan_configuration.hpp"

#include <algorithm>
#include <cmath>

#include "seg/plan/error.hpp"

namespace seg::plan {
namespace {

constexpr std::int64_t smallest_batch = 2;  // UNet_min_batch_size

std::vector<std::int64_t> features(const PlannerPreset& preset, const Topology& topology) {
  if (!preset.features_per_stage.empty()) return preset.features_per_stage;
  const std::int64_t most = preset.reference(topology.patch_size.size()).most_features;
  std::vector<std::int64_t> counts;
  for (std::size_t stage = 0; stage < topology.stages(); ++stage)
    counts.push_back(stage < 32 ? std::min(most, preset.first_features << stage) : most);
  return counts;
}

/// One number for each stage; the last one given counts for all deeper stages.
std::vector<std::int64_t> per_stage(std::vector<std::int64_t> counts, std::size_t stages) {
  counts.resize(stages, counts.back());
  return counts;
}

NetworkSize network_for(const PlanningTask& task, const Topology& topology) {
  const PlannerPreset& preset = task.preset;
  const auto widths = features(preset, topology);
  auto strides = topology.strides;
  strides.resize(widths.size(), Voxels(topology.patch_size.size(), 1));
  return {preset.residual_encoder,
          strides,
          widths,
          per_stage(preset.encoder_blocks_per_stage, widths.size()),
          per_stage(preset.decoder_blocks_per_stage, widths.size() - 1),
          task.outputs};
}

std::int64_t memory_estimate(const PlannerPreset& preset, const ConfigurationPlan& plan) {
  const double size = static_cast<double>(conv_feature_map_size(plan.network, plan.patch_size()));
  return std::llrint(size * preset.reference(plan.patch_size().size()).memory_factor);
}

Topology topology_of(const PlanningTask& task, const ConfigurationPlan& plan,
                     const Extents& patch_size) {
  return pooling_topology(plan.images.spacing, patch_size, task.preset.poolings);
}

void try_topology(const PlanningTask& task, Topology topology, ConfigurationPlan& plan) {
  plan.topology = std::move(topology);
  plan.network = network_for(task, plan.topology);
  plan.trials.push_back({plan.patch_size(), memory_estimate(task.preset, plan)});
}

double reference_batch(const PlanningTask& task, const ConfigurationPlan& plan) {
  return static_cast<double>(task.preset.reference(plan.images.spacing.size()).batch_size);
}

void set_limits(const PlanningTask& task, ConfigurationPlan& plan) {
  const double estimate = task.preset.reference(plan.images.spacing.size()).memory_estimate;
  const double free = task.gpu_memory_gb - task.preset.parameter_memory_gb;
  plan.memory_limit = estimate * (free / task.preset.gpu_memory_gb);
  plan.largest_patch_estimate = plan.memory_limit;
  if (task.preset.shrink_until_smallest_batch_fits)
    plan.largest_patch_estimate *= reference_batch(task, plan) / smallest_batch;
}

bool fits(const PlanningTask& task, const ConfigurationPlan& plan) {
  const auto estimate = static_cast<double>(plan.trials.back().memory_estimate);
  if (!task.preset.shrink_until_smallest_batch_fits) return estimate <= plan.memory_limit;
  return estimate / reference_batch(task, plan) * smallest_batch <= plan.memory_limit;
}

Error nothing_fits() {
  return {"GPU memory", "no patch fits the memory target", "plan for more GPU memory"};
}

/// The axis whose patch covers the largest part of the median image; the last one of equals. Axes
/// that are as short as they can be do not count.
std::size_t axis_to_shrink(const ConfigurationPlan& plan) {
  const Voxels &patch_size = plan.patch_size(), &shortest = plan.topology.divisible_by;
  std::size_t widest = 0;
  double largest = -1;
  for (std::size_t axis = 0; axis < patch_size.size(); ++axis) {
    const double part = static_cast<double>(patch_size[axis]) / plan.images.median_shape[axis];
    if (part < largest || patch_size[axis] <= shortest[axis]) continue;
    largest = part;
    widest = axis;
  }
  if (largest < 0) throw nothing_fits();
  return widest;
}

/// The next smaller patch. The step is what the patch must be divisible by once it is smaller, so
/// that no valid size is skipped (256 -> 224, not 192).
Extents smaller_patch(const PlanningTask& task, const ConfigurationPlan& plan) {
  Extents patch(plan.patch_size().begin(), plan.patch_size().end());
  const std::size_t axis = axis_to_shrink(plan);
  Extents probe = patch;
  probe[axis] -= static_cast<double>(plan.topology.divisible_by[axis]);
  patch[axis] -= static_cast<double>(topology_of(task, plan, probe).divisible_by[axis]);
  if (patch[axis] < 1) throw nothing_fits();
  return patch;
}

void choose_batch_size(const PlanningTask& task, ConfigurationPlan& plan) {
  const auto estimate = static_cast<double>(plan.trials.back().memory_estimate);
  plan.batch_size_from_memory =
      std::llrint(plan.memory_limit / estimate * reference_batch(task, plan));
  plan.batch_size_from_dataset =
      std::llrint(plan.images.dataset_voxels * task.preset.largest_share_of_dataset_per_batch /
                  product(plan.patch_size()));
  plan.batch_size =
      std::max(std::min(plan.batch_size_from_memory, plan.batch_size_from_dataset), smallest_batch);
}

template <class Values>
double product_of(const Values& values) {
  double product = 1;
  for (const auto value : values) product *= static_cast<double>(value);
  return product;
}

}  // namespace

double product(const Extents& values) { return product_of(values); }
double product(const Voxels& values) { return product_of(values); }

Extents initial_patch_size(const ConfigurationImages& images) {
  const std::size_t axes = images.spacing.size();
  const double voxels = axes == 3 ? 256. * 256 * 256 : 2048. * 2048;
  Extents density;
  for (const double step : images.spacing) density.push_back(1 / step);
  // A power, not cbrt: both round differently, and nnU-Net's rounding decides the patch.
  const double scale = std::pow(voxels / product(density), 1. / static_cast<double>(axes));
  Extents patch;
  for (std::size_t axis = 0; axis < axes; ++axis)
    patch.push_back(std::min(std::nearbyint(density[axis] * scale), images.median_shape[axis]));
  return patch;
}

ConfigurationPlan plan_configuration(const PlanningTask& task, const ConfigurationImages& images) {
  ConfigurationPlan plan;
  plan.images = images;
  plan.initial_patch_size = initial_patch_size(images);
  set_limits(task, plan);
  try_topology(task, topology_of(task, plan, plan.initial_patch_size), plan);
  while (!fits(task, plan)) {
    try_topology(task, topology_of(task, plan, smaller_patch(task, plan)), plan);
    if (plan.trials.back().patch_size == plan.trials.end()[-2].patch_size) throw nothing_fits();
  }
  choose_batch_size(task, plan);
  return plan;
}

}  // namespace seg::plan
