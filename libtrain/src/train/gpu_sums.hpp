#pragma once

#include <ATen/ATen.h>

#include <memory>

#include "seg/data/ranks.hpp"

namespace seg::train {

/// Sums over the GPUs of a run's ranks, made by NCCL (the one that LibTorch brings) on a stream of
/// their own.
class GpuSums {
 public:
  /// Joins the ranks' GPUs.
  /// @returns null on every rank where NCCL cannot sum: seg was built without CUDA (stub/), a rank
  /// learns on its CPU, or two of them on the same GPU.
  /// @throws Error with NCCL's reason when it fails.
  static std::unique_ptr<GpuSums> join(at::Device device, data::Ranks& ranks);
  ~GpuSums();

  /// Adds `values` (contiguous, float32 or bfloat16, on the GPU, to stay there) up over the ranks,
  /// in place: after what the current stream has to do so far, beside what it gets from now on. All
  /// ranks start the same sums in the same order.
  void start(const at::Tensor& values);
  /// Waits until the sums that were started are there, and notes the traffic.
  void finish();

 private:
  struct Joined;
  explicit GpuSums(std::unique_ptr<Joined> joined);

  std::unique_ptr<Joined> joined_;
};

}  // namespace seg::train
