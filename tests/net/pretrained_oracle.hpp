#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace seg::test {

/// What differs from a recorded take-over of weights; nothing if all is well. Weights are held to
/// equality, outputs to rounding.

/// UpKern: a MedNeXt with larger kernels filled from one with smaller ones.
std::vector<std::string> compare_upkern(const std::filesystem::path& record);

/// STU-Net's fine-tuning loader, for other numbers of channels and classes.
std::vector<std::string> compare_fine_tuning(const std::filesystem::path& record);

/// Med3D: a ResNet encoder's weights and the features that it gives.
std::vector<std::string> compare_encoder(const std::filesystem::path& record);

/// A STU-Net of nnU-Net v1: outputs of the network with the file's weights.
std::vector<std::string> compare_stunet(const std::filesystem::path& record);

}  // namespace seg::test
