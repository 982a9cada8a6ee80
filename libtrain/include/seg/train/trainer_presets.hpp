#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "seg/plan/files.hpp"

namespace seg::train {

/// The trainers whose settings are known: nnUNetTrainer and its variants in nnU-Net 2.8.1, and that
/// of Skeleton Recall (configs/trainers.json).
std::vector<std::string> trainer_names();

/// @throws Error for an unknown name, with those there are.
void check_trainer(const std::string& trainer);

/// What a trainer does otherwise than nnUNetTrainer, as training settings.
/// @param axes of the patch, 2 or 3.
/// @throws Error for an unknown name, with those there are.
Json trainer_settings(const std::string& trainer, std::size_t axes);

}  // namespace seg::train
