#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "seg/plan/files.hpp"

namespace seg::plan {

/// A network that is known to fit: what others are measured against.
struct MemoryReference {
  double memory_estimate = 0;  ///< conv_feature_map_size that fits `gpu_memory_gb`
  std::int64_t batch_size = 0;
  std::int64_t most_features = 0;
};

/// The numbers in which nnU-Net's planner classes differ; one entry of configs/planners.json.
struct PlannerPreset {
  std::string planner_class, plans_name, network_class_name;
  std::optional<std::string> shares_fullres_data_of;
  bool residual_encoder = false;
  std::vector<std::int64_t> encoder_blocks_per_stage, decoder_blocks_per_stage;
  std::int64_t first_features = 0;
  double gpu_memory_gb = 0;
  bool shrink_until_smallest_batch_fits = false;  ///< else until the reference's batch fits
  double largest_share_of_dataset_per_batch = 0;
  MemoryReference in_2d, in_3d;

  const MemoryReference& reference(std::size_t axes) const { return axes == 2 ? in_2d : in_3d; }
};

/// @param name a preset of configs/planners.json, or a JSON file with one preset.
/// @throws Error naming the presets there are.
PlannerPreset planner_preset(const std::string& name);

}  // namespace seg::plan
