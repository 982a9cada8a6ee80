#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "seg/plan/planner.hpp"

namespace seg::train {

/// Whether a file is a checkpoint, not plans: --like takes both.
bool is_checkpoint(const std::filesystem::path& file);

/// What of a plan a checkpoint decides.
enum class Adaptation {
  keep_plan,        ///< nothing: weights are adapted to the network (plan_like_dynamic)
  like_pretrained,  ///< network, patch and spacing, if it has one (preprocess_like_nnssl)
  default_nnunet,   ///< network and patch; the spacing is the dataset's
};

/// What they are called in settings: keep, like_pretrained, default_nnunet.
std::vector<std::string> adaptation_names();

/// The one of such a name. @throws std::logic_error for another.
Adaptation adaptation_named(const std::string& name);

/// How a training starts from a checkpoint of nnssl (the OpenMind models), as nnU-Net's
/// plan_like_dynamic or preprocess_like_nnssl record it: the plan of a dataset gets a
/// "pretrain_info" and what the checkpoint decides. The settings are those of its
/// PretrainedTrainer.
/// @throws Error for a file that is not there, holds no nnssl_adaptation_plan, or weights of
/// another network than a residual encoder U-Net.
plan::Pretraining read_adaptation_plan(const std::filesystem::path& checkpoint,
                                       Adaptation adaptation = Adaptation::keep_plan);

}  // namespace seg::train
