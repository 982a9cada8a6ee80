#pragma once

#include "layers/layer.hpp"
#include "seg/net/shared_batch.hpp"

namespace seg::net {

struct NormOptions {
  double eps = 1e-5;
  double momentum = 0.1;             ///< share of the newest batch in running statistics
  bool affine = true;                ///< learned scale and shift per channel
  bool track_running_stats = false;  ///< batch norm only
};

/// A normalisation with a scale (ones at the start) and a shift (zeros) per channel.
class Norm : public Layer {
 public:
  Norm(std::int64_t channels, const NormOptions& options);

  /// forward(), then a leaky ReLU (slope 1: none), at once where a kernel can. Takes over x, whose
  /// memory may serve the result.
  virtual at::Tensor forward_with_leaky_relu(at::Tensor&& x, double slope);

  at::Tensor weight, bias;  ///< undefined unless affine

 protected:
  NormOptions options_;
};

/// Per sample and channel over the spatial axes (Ulyanov et al. 2016).
class InstanceNorm : public Norm {
 public:
  using Norm::Norm;
  /// @throws Error for a single spatial element, which has no spread.
  at::Tensor forward(const at::Tensor& x) override;
  at::Tensor forward_with_leaky_relu(at::Tensor&& x, double slope) override;

 private:
  at::Tensor normed(const at::Tensor& x, double slope, bool overwrite);
};

/// Per channel over the batch in training, by running statistics otherwise (Ioffe & Szegedy 2015).
class BatchNorm : public Norm {
 public:
  BatchNorm(std::int64_t channels, const NormOptions& options);
  /// @throws Error in training for a single element per channel.
  at::Tensor forward(const at::Tensor& x) override;
  at::Tensor forward_with_leaky_relu(at::Tensor&& x, double slope) override;

  at::Tensor running_mean, running_var, num_batches_tracked;  ///< undefined unless tracked
  SumOverBatch sum_over_batch;  ///< empty: this process has the whole batch

 private:
  at::Tensor forward_shared(const at::Tensor& x);
};

/// Per sample and group of channels (Wu & He 2018).
class GroupNorm : public Norm {
 public:
  GroupNorm(std::int64_t groups, std::int64_t channels, const NormOptions& options)
      : Norm(channels, options), groups_(groups) {}
  /// @throws Error for a single element per group.
  at::Tensor forward(const at::Tensor& x) override;
  at::Tensor forward_with_leaky_relu(at::Tensor&& x, double slope) override;

 private:
  bool is_instance_norm_of(const at::Tensor& x) const;

  std::int64_t groups_;
};

/// Per position over the channels (Ba et al. 2016).
class ChannelNorm : public Norm {
 public:
  using Norm::Norm;
  at::Tensor forward(const at::Tensor& x) override;
};

}  // namespace seg::net
