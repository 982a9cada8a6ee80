#pragma once

#include "kernels/fused_norm.hpp"

namespace seg::net {

/// Whether seg was built with its kernels for GPUs (cuda/), or without (stub/).
bool has_gpu_norm();

/// fused_instance_norm() on a GPU, also for float16. Sums run in an order that depends on the shape
/// alone. Only where has_gpu_norm().
at::Tensor gpu_instance_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                             const FusedNormOptions& options);

}  // namespace seg::net
