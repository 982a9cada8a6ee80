#pragma once

#include <ATen/ATen.h>

namespace seg::net {

/// Whether winograd_convolution() computes this convolution faster than the library: float32 with
/// channels last on the CPU, without autocast, many channels, enough voxels.
/// @param weight [outputs, inputs, (1 or 3,) 3, 3], for stride 1 and zeros around the image.
bool suits_winograd(const at::Tensor& x, const at::Tensor& weight);

/// A convolution with kernels of 3 (or 1 x 3 x 3) voxels, stride 1, padded to the same size, by
/// Winograd's minimal filtering: tiles of 2 voxels an axis, 3.4 times fewer products in 3D, 2.25
/// times in 2D (Lavin & Gray 2016, https://arxiv.org/abs/1509.09308). Also its gradients. The
/// result differs from the library's by rounding alone. With AVX2 1.5 to 2 times as fast as oneDNN,
/// the weights' gradient 2 to 3 times; needs 2.4 times the weights and 1 MB a thread beside x and
/// y.
/// @param x [B, inputs, (Z,) Y, X], float32, channels last; channels in multiples of 8.
/// @param weight [outputs, inputs, (1 or 3,) 3, 3]. @param bias [outputs], or undefined.
/// @return [B, outputs, (Z,) Y, X], channels last.
at::Tensor winograd_convolution(const at::Tensor& x, const at::Tensor& weight,
                                const at::Tensor& bias);

}  // namespace seg::net
