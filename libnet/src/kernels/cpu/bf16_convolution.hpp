#pragma once

#include <ATen/ATen.h>

namespace seg::net {

/// Whether bf16_convolution() trains this convolution faster than the library: by autocast in bf16
/// on a processor with AMX, channels last and in multiples of 32, with a gradient of the weight.
/// @param x [B, C, (Z,) Y, X]. @param weight [outputs, inputs, (1 or 3,) 3, 3], for stride 1 and
/// zeros around the image.
bool suits_bf16_convolution(const at::Tensor& x, const at::Tensor& weight);

/// A convolution with kernels of 3 (or 1 x 3 x 3) voxels, stride 1, padded to the same size, by the
/// library, in bf16. The gradients of weight and bias, for which the library takes twice the time
/// of the convolution, are from the processor's matrix tiles, in fp32. A thread needs for them
/// 1.5 MB, or as much as 4 planes of x and 12 of the result where that is more, and the weights in
/// fp32.
/// @param bias [outputs], or undefined. @return [B, outputs, (Z,) Y, X], bf16, channels last.
at::Tensor bf16_convolution(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

}  // namespace seg::net
