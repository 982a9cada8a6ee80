#pragma once

#include <ATen/ATen.h>
#include <ATen/record_function.h>

#include <vector>

namespace seg::test {

/// What each (leaky) ReLU and each max pool chose, in the order in which they ran: bool, true where
/// the result is positive; and the places of the maxima.
using ActivationSides = std::vector<at::Tensor>;

/// Within its life, adds the sides of all activations of this thread to a list.
class RecordSides {
 public:
  explicit RecordSides(ActivationSides& sides);
  ~RecordSides();
  RecordSides(const RecordSides&) = delete;
  RecordSides& operator=(const RecordSides&) = delete;

 private:
  at::CallbackHandle handle_;
};

/// Within its life, puts each element that enters an in-place activation of this thread on the side
/// that was recorded: those on the other one become the smallest numbers that are on it. What a max
/// pool chose becomes a little more than the others of its window.
class HoldSides {
 public:
  explicit HoldSides(const ActivationSides& sides);
  ~HoldSides();
  HoldSides(const HoldSides&) = delete;
  HoldSides& operator=(const HoldSides&) = delete;

  /// Whether the activations that ran were as many and as large as those recorded.
  bool all_matched() const;
  /// Elements that changed sides, and the largest size of one of them, as part of the root mean
  /// square of its map.
  std::int64_t moved() const;
  double largest_moved() const;

 private:
  at::CallbackHandle handle_;
};

}  // namespace seg::test
