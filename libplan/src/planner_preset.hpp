#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "seg/plan/files.hpp"
#include "topology.hpp"

namespace seg::plan {

/// A network that is known to fit: what others are measured against.
struct MemoryReference {
  double memory_estimate = 0;  ///< conv_feature_map_size that fits `gpu_memory_gb`
  std::int64_t batch_size = 0;
  std::int64_t most_features = 0;
  double memory_factor = 1;  ///< what the network needs, per unit of its conv_feature_map_size
  Json arch_kwargs = Json::object();  ///< added to the preset's
};

/// Segmentation heads of a network whose heads do not follow nnU-Net's rule.
struct HeadRule {
  std::optional<std::size_t> count;  ///< one per stage from the first on; empty: nnU-Net's rule
  std::vector<double> weights;       ///< in the loss; empty: nnU-Net's
};

/// The numbers in which nnU-Net's planner classes differ, and what a network asks of the planner;
/// one entry of a file in configs/.
struct PlannerPreset {
  std::string planner_class, plans_name, network_class_name;
  std::optional<std::string> shares_fullres_data_of;
  bool residual_encoder = false;
  std::vector<std::int64_t> encoder_blocks_per_stage, decoder_blocks_per_stage;
  std::int64_t first_features = 0;
  double gpu_memory_gb = 0;         ///< what the references fit
  double target_gpu_memory_gb = 0;  ///< planned for unless the user says otherwise
  double parameter_memory_gb =
      0;  ///< weights, gradients and momenta beyond those of the references
  bool shrink_until_smallest_batch_fits = false;  ///< else until the reference's batch fits
  double largest_share_of_dataset_per_batch = 0;
  MemoryReference in_2d, in_3d;

  // Networks other than nnU-Net's U-Nets:
  std::optional<Json> arch_kwargs;                 ///< instead of a U-Net's
  std::vector<std::string> arch_kwargs_from_plan;  ///< entries of a U-Net's that it takes as well
  std::vector<std::int64_t> features_per_stage;    ///< empty: doubled from first_features
  PoolingRule poolings;
  bool only_2d = false;
  HeadRule heads;
  std::optional<Json> resampling;  ///< {"function", "arguments"}; empty: nnU-Net's usual one
  std::optional<Json> training;    ///< settings of configs/training.json that suit the network

  const MemoryReference& reference(std::size_t axes) const { return axes == 2 ? in_2d : in_3d; }
};

/// @param name a preset of configs/, its planner class, or a JSON file with one preset. A preset
/// that says that it is "like" another takes what it does not say from there.
/// @throws Error naming the presets there are.
PlannerPreset planner_preset(const std::string& name);

}  // namespace seg::plan
