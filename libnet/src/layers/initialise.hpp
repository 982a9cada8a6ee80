#pragma once

#include <torch/nn/module.h>

namespace seg::net {

/// nnU-Net's start: convolutions He normal for a leaky slope of 0.01 (He et al. 2015), biases zero,
/// the last norm of every residual block zero.
void initialise_as_nnunet(torch::nn::Module& network);

/// The start of ResNet and EfficientNet: convolutions normal with 2 / (outputs * kernel) as
/// variance (He et al. 2015, by outputs), biases zero.
void initialise_by_outputs(torch::nn::Module& network);

/// EGE-UNet's start: as by outputs, per group; biases zero in 2D convolutions, as PyTorch's in 1D.
void initialise_as_ege_unet(torch::nn::Module& network);

/// PyTorch's own start of convolutions: uniform within 1 / sqrt(inputs per output).
void initialise_as_torch(torch::nn::Module& network);

}  // namespace seg::net
