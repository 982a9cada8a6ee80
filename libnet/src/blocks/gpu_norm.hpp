#pragma once

#include "blocks/fused_norm.hpp"

namespace seg::net {

/// fused_instance_norm() on a GPU, also for float16. Sums run in an order that depends on the shape
/// alone. Only in builds with a LibTorch for CUDA.
at::Tensor gpu_instance_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                             const FusedNormOptions& options);

}  // namespace seg::net
