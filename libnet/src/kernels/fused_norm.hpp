#pragma once

#include <ATen/ATen.h>

namespace seg::net {

struct FusedNormOptions {
  double eps = 1e-5;
  double slope = 1;        ///< of the leaky ReLU behind the norm for negative values; 1: none
  bool overwrite = false;  ///< on the CPU, without gradients: the result takes the place of x
};

/// Whether fused_instance_norm() takes x: float32 or bfloat16 (on a GPU that seg was built for also
/// float16), the channels of a voxel side by side in memory (channels-last).
bool is_fusable(const at::Tensor& x);

/// Instance norm with a scale and a shift per channel, then leaky ReLU, in one pass each way; the
/// result has the layout and the type of x. Sums run in fp32 within blocks of fixed size and in
/// fp64 over blocks, so the result does not depend on the number of threads.
/// @param x [B, C, (Z,) Y, X], see is_fusable(). @param weight, bias float32 [C].
at::Tensor fused_instance_norm(const at::Tensor& x, const at::Tensor& weight,
                               const at::Tensor& bias, const FusedNormOptions& options);

/// x * scale + shift per channel, then leaky ReLU, in place of x and without gradients.
/// @param x on the CPU, see is_fusable(). @param scale, shift float32 [C].
at::Tensor scaled_channels(at::Tensor&& x, const at::Tensor& scale, const at::Tensor& shift,
                           double slope);

}  // namespace seg::net
