#pragma once

#include "layers/arguments.hpp"
#include "seg/net/network.hpp"

namespace seg::net {

/// nnU-Net's U-Net (Isensee et al. 2021): strided convolution stacks down, transposed ones up.
std::shared_ptr<Network> plain_conv_unet(const Arguments& arguments, const NetworkOptions& options);

/// nnU-Net's U-Net with a residual encoder (Isensee et al. 2024).
std::shared_ptr<Network> residual_encoder_unet(const Arguments& arguments,
                                               const NetworkOptions& options);

/// STU-Net (Huang et al. 2023): residual stages of 3x3x3 convolutions, interpolation going up. In
/// 2D too, which upstream does not have.
std::shared_ptr<Network> stunet(const Arguments& arguments, const NetworkOptions& options);

/// MedNeXt (Roy et al. 2023). Without deep_supervision only the full-resolution head exists.
std::shared_ptr<Network> mednext(const Arguments& arguments, const NetworkOptions& options);

/// MONAI's FlexibleUNet: an encoder of classification networks and a U-Net's decoder.
std::shared_ptr<Network> flexible_unet(const Arguments& arguments, const NetworkOptions& options);

/// EGE-UNet (Ruan et al. 2023): grouped Hadamard product attention, bridges that aggregate groups.
std::shared_ptr<Network> ege_unet(const Arguments& arguments, const NetworkOptions& options);

}  // namespace seg::net
