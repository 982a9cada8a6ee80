#pragma once

#include <ATen/ATen.h>

namespace seg::net {

/// Whether winograd_convolution() computes this convolution faster than the library: float32 with
/// channels last on the CPU, without autocast, many channels, enough voxels.
/// @param parts [B, C, (Z,) Y, X] each: the input, or tensors whose channels together are the
/// input. @param weight [outputs, inputs, (1 or 3,) 3, 3], for stride 1 and zeros around the image.
bool suits_winograd(at::TensorList parts, const at::Tensor& weight);

/// A convolution with kernels of 3 (or 1 x 3 x 3) voxels, stride 1, padded to the same size, by
/// Winograd's minimal filtering (Lavin & Gray 2016, https://arxiv.org/abs/1509.09308) of tiles of
/// 2 x 4 x 4 voxels, 6 times fewer products, in large predictions 4 x 4 x 4, 8 times; of 4 x 4 in
/// 2D, 4 times. Also its gradients. Exact up to rounding, 1e-6 of the result's norm. Needs 4 to 8
/// times the weights and 4 to 26 kB a channel and thread beside x and y.
/// @param parts [B, C, (Z,) Y, X] each, float32, channels last; C in multiples of 8. They are not
/// joined in memory.
/// @param weight [outputs, inputs, (1 or 3,) 3, 3]. @param bias [outputs], or undefined.
/// @return [B, outputs, (Z,) Y, X], channels last.
at::Tensor winograd_convolution(at::TensorList parts, const at::Tensor& weight,
                                const at::Tensor& bias);

}  // namespace seg::net
