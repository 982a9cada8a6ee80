#pragma once

#include "architectures/arguments.hpp"
#include "seg/net/network.hpp"

namespace seg::net {

/// nnU-Net's U-Net (Isensee et al. 2021): strided convolution stacks down, transposed ones up.
std::shared_ptr<Network> plain_conv_unet(const Arguments& arguments, const NetworkOptions& options);

/// nnU-Net's U-Net with a residual encoder (Isensee et al. 2024).
std::shared_ptr<Network> residual_encoder_unet(const Arguments& arguments,
                                               const NetworkOptions& options);

}  // namespace seg::net
