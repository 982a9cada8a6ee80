#pragma once

#include <ATen/ATen.h>

#include <limits>

namespace seg::oracles {

/// Largest absolute difference; infinite for arrays of different shape.
inline double largest_difference(const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() != b.sizes()) return std::numeric_limits<double>::infinity();
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

/// Share of voxels that are not equal; 1 for arrays of different shape.
inline double share_of_different_voxels(const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() != b.sizes()) return 1;
  return a.ne(b).to(at::kDouble).mean().item<double>();
}

}  // namespace seg::oracles
