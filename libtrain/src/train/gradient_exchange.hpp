#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <vector>

#include "seg/data/ranks.hpp"

namespace seg::train {

/// Adds the parameters' gradients up over the ranks, each of which has those of its part of the
/// batch. They are sent in buckets, from the network's end to its beginning, while the backward
/// pass goes on. Hooks on the parameters do this for its life.
class GradientExchange {
 public:
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
  class Hook;

  void arrived(std::size_t bucket, std::size_t entry);
  void send(Bucket& bucket);

  std::vector<at::Tensor> parameters_;
  at::ScalarType type_;
  data::Ranks& ranks_;
  std::vector<Bucket> buckets_;
  std::size_t sent_ = 0;  ///< buckets whose turn has come: all ranks send them in this order
};

}  // namespace seg::train
