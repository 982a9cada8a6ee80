#pragma once

#include <filesystem>

#include "seg/plan/planner.hpp"

namespace seg::train {

/// Whether a file is a checkpoint, not plans: --like takes both.
bool is_checkpoint(const std::filesystem::path& file);

/// How a training starts from a checkpoint of nnssl (the OpenMind models), as nnU-Net's
/// plan_like_dynamic records it: the plan of a dataset stays and gets a "pretrain_info". The
/// settings are those of its PretrainedTrainer.
/// @throws Error for a file that is not there, holds no nnssl_adaptation_plan, or weights of
/// another network than a residual encoder U-Net.
plan::Pretraining read_adaptation_plan(const std::filesystem::path& checkpoint);

}  // namespace seg::train
