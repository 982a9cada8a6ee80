#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "seg/plan/labels.hpp"

namespace seg::train {

// What the outputs of a network say of a voxel: of exclusive labels the most likely one (of equally
// likely ones the first); of regions the value, in regions_class_order, of the last one whose
// probability is above one half. Logits are float32.

/// Labels, int16 [...], of probabilities [outputs, ...] on any device.
at::Tensor labels_of_probabilities(const at::Tensor& probabilities, const plan::Labels& labels);
/// The same from logits.
at::Tensor labels_of_logits(const at::Tensor& logits, const plan::Labels& labels);

/// Number of the largest of `count` scores.
std::int16_t most_likely(const float* scores, std::int64_t count);

/// The label of one voxel.
std::int16_t label_of_voxel(const std::vector<float>& logits, const plan::Labels& labels);

/// The same where the logits of all outputs together would take too much memory: outputs come one
/// after the other.
class OutputByOutput {
 public:
  explicit OutputByOutput(const plan::Labels& labels) : labels_(labels) {}

  /// The logits of the next output, all of one shape.
  void add(const at::Tensor& logits);
  /// int16, of that shape.
  const at::Tensor& result() const { return result_; }

 private:
  const plan::Labels& labels_;
  std::size_t output_ = 0;
  at::Tensor result_, best_;
};

}  // namespace seg::train
