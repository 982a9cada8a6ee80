#pragma once

#include "layers/convolution.hpp"

namespace seg::net {

/// A transposed convolution by convolutions of stride 1: the voxels of the result whose places
/// leave the same rest when they are divided by the stride take the same part of the kernel, and
/// make a convolution together. In predictions, for 3D in LibTorch has depthwise ones in a general
/// way that takes up to 50 times as long, and its channels last only by oneDNN's reference.
/// @param x [B, inputs, (Z,) Y, X]. @param weight [inputs, outputs / groups, (kz,) ky, kx].
/// @param bias [outputs], or undefined.
/// @returns at::conv_transpose of these, without output padding and dilation, in x's layout.
at::Tensor transposed_convolution(const at::Tensor& x, const at::Tensor& weight,
                                  const at::Tensor& bias, const ConvolutionSizes& sizes);

}  // namespace seg::net
