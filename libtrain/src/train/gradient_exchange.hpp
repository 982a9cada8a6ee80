#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <vector>

#include "seg/data/ranks.hpp"
#include "train/gpu_sums.hpp"

namespace seg::train {

/// Adds the parameters' gradients up over the ranks, each of which has those of its part of the
/// batch. They are sent in buckets while the backward pass goes on, in the order in which the first
/// rank's first pass brings them: by NCCL where each rank has a GPU of its own, else through the
/// CPU's memory. Hooks on the parameters do this for its life.
class GradientExchange {
 public:
  /// @param parameters all on one device.
  /// @param type kFloat, or kBFloat16 to send half the bytes.
  GradientExchange(const std::vector<at::Tensor>& parameters, at::ScalarType type,
                   data::Ranks& ranks);
  ~GradientExchange();
  GradientExchange(const GradientExchange&) = delete;
  GradientExchange& operator=(const GradientExchange&) = delete;

  /// To be called after each backward pass: the gradients are the whole batch's then. What has none
  /// on one rank must have none on any.
  void finish();

 private:
  struct Bucket;
  struct Place {
    std::size_t bucket = 0, entry = 0;
  };
  class Hook;

  /// @param order the parameters' numbers, the first to be sent first.
  void fill_buckets(const std::vector<std::int64_t>& order);
  void arrived(std::size_t parameter);
  void send(Bucket& bucket);
  void take_over_order();

  std::vector<at::Tensor> parameters_;
  at::ScalarType type_;
  data::Ranks& ranks_;
  std::unique_ptr<GpuSums> gpus_;  ///< none: sums are made by the CPUs
  std::vector<Bucket> buckets_;
  std::vector<Place> places_;           ///< of each parameter
  std::vector<std::int64_t> arrivals_;  ///< parameters' numbers, of the first pass
  bool order_is_known_ = false;
  std::size_t sent_ = 0;  ///< buckets whose turn has come: all ranks send them in this order
};

}  // namespace seg::train
