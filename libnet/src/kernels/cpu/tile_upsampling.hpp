#pragma once

#include <ATen/ATen.h>

namespace seg::net {

/// A transposed convolution whose kernel is as long as its stride, so that each voxel becomes a
/// tile of its own: one matrix product, without the buffer and the change of layout that LibTorch's
/// takes on the CPU; in predictions one for each row of voxels, into the result's rows. Follows
/// autocast and autograd.
/// @param x [B, inputs, (Z,) Y, X], channels last. @param weight [inputs, outputs, (kz,) ky, kx].
/// @param bias [outputs], or undefined.
/// @return [B, outputs, (Z * kz,) Y * ky, X * kx], channels last.
at::Tensor upsample_by_tiles(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

}  // namespace seg::net
