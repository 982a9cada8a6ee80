#pragma once

#include <ATen/ATen.h>

#include <memory>

#include "seg/data/ranks.hpp"

namespace seg::train {

/// Sums over the GPUs of a run's ranks.
class GpuSums {
 public:
  virtual ~GpuSums() = default;

  /// Adds `values` (contiguous, float32 or bfloat16, on the GPU, to stay there) up over the ranks,
  /// in place: after what the current stream has to do so far, beside what it gets from now on. All
  /// ranks start the same sums in the same order.
  virtual void start(const at::Tensor& values) = 0;
  /// Waits until the sums that were started are there, and notes the traffic.
  virtual void finish() = 0;
};

/// Joins the ranks' GPUs, so that NCCL (the one that LibTorch brings) sums on a stream of its own.
/// @returns null on every rank where NCCL cannot sum: seg was built without CUDA (stub/), a rank
/// learns on its CPU, or two of them on the same GPU.
/// @throws Error with NCCL's reason when it fails.
std::unique_ptr<GpuSums> join_gpus(at::Device device, data::Ranks& ranks);

}  // namespace seg::train
