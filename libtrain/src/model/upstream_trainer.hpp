#pragma once

#include <string>

#include "seg/plan/plans.hpp"

namespace seg::train {

/// Whether it is a trainer of nnU-Net 2.8.1, of STU-Net, or none is named: one whose network
/// architecture_built_by() gives.
bool is_known_trainer(const std::string& trainer);

/// The plan's network with batch normalisation in place of its own.
/// @throws Error for a network that is not nnU-Net's.
plan::Architecture with_batch_norm(plan::Architecture network);

/// The network that a trainer built from a plan: the plan's own, except for nnUNetTrainerBN, which
/// takes batch normalisation instead of the plan's, and STU-Net's trainers for nnU-Net v2
/// (STUNetTrainer_base, STUNetTrainer_huge_ft, ...), which keep nnU-Net's plans and take only the
/// strides from them.
/// @param trainer trainer_name of the checkpoint.
plan::Architecture architecture_built_by(const std::string& trainer,
                                         const plan::Architecture& planned);

}  // namespace seg::train
