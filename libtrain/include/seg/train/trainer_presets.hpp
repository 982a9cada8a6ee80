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

/// How the folder of a model, <trainer>__<plans>__<configuration>, names its trainer: by the
/// trainer's name, or <trainer>-<name> for a run that the user gave a name, so that such runs lie
/// beside each other and nnU-Net still takes the folder's name apart.
/// @param name letters, digits, '.', '-' and single '_', the first and last a letter or digit; or
/// empty.
/// @throws Error for another one.
std::string trainer_in_folder(const std::string& trainer, const std::string& name);

/// What a trainer does otherwise than nnUNetTrainer, as training settings.
/// @param axes of the patch, 2 or 3.
/// @throws Error for an unknown name, with those there are.
Json trainer_settings(const std::string& trainer, std::size_t axes);

}  // namespace seg::train
