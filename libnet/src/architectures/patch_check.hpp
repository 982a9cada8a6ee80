#pragma once

#include <ATen/ATen.h>

#include <vector>

namespace seg::net {

/// What a network takes: channels, and divisors of the patch per axis.
struct PatchCheck {
  std::int64_t inputs = 1;
  std::vector<std::int64_t> divisors;
};

/// @throws Error for another number of channels or axes, and for a patch that the divisors do not
/// divide.
void check_patch(const PatchCheck& check, const at::Tensor& x);

/// Product of the strides, per axis.
std::vector<std::int64_t> total_stride(const std::vector<std::vector<std::int64_t>>& strides);

}  // namespace seg::net
