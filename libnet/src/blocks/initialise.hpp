#pragma once

#include <torch/nn/module.h>

namespace seg::net {

/// nnU-Net's start: convolutions He normal for a leaky slope of 0.01 (He et al. 2015), biases zero,
/// the last norm of every residual block zero.
void initialise_as_nnunet(torch::nn::Module& network);

}  // namespace seg::net
