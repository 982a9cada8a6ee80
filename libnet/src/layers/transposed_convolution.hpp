#pragma once

#include "layers/convolution.hpp"

namespace seg::net {

/// A transposed convolution by convolutions of stride 1: voxels of the result whose places leave
/// the same rest when they are divided by the stride take the same part of the kernel, and make a
/// convolution together. For predictions: LibTorch computes depthwise ones in 3D in a general way,
/// 1.5 s for 64 channels of 48^3 voxels and a kernel of 5 (two threads, AVX2), where a depthwise
/// convolution of eight times as many voxels and half the channels takes 0.2 s.
/// @param x [B, inputs, (Z,) Y, X]. @param weight [inputs, outputs / groups, (kz,) ky, kx].
/// @param bias [outputs], or undefined.
/// @returns at::conv_transpose of these, without output padding and dilation, in x's layout.
at::Tensor transposed_convolution(const at::Tensor& x, const at::Tensor& weight,
                                  const at::Tensor& bias, const ConvolutionSizes& sizes);

}  // namespace seg::net
