#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "seg/net/network.hpp"
#include "seg/plan/reporter.hpp"

namespace seg::train {

struct SlidingWindowOptions {
  std::vector<std::int64_t> patch_size;  ///< [Y, X]: slices along the first axis; [Z, Y, X]
  double step_size = 0.5;                ///< fraction of the patch
  bool gaussian = true;
  std::vector<int> mirror_axes;  ///< empty: no mirroring
  at::Device device = at::kCPU;
  at::ScalarType precision = at::kFloat;  ///< autocast type; kFloat: none
};

/// Starts of the tiles along each axis (compute_steps_for_sliding_window).
std::vector<std::vector<std::int64_t>> tile_starts(const std::vector<std::int64_t>& image,
                                                   const std::vector<std::int64_t>& patch,
                                                   double step_size);

/// Importance of a tile's voxels: Gaussian, sigma = patch / 8, maximum `peak`, zeros raised to the
/// smallest non-zero value.
at::Tensor gaussian_map(const std::vector<std::int64_t>& patch, double peak);

/// Logits of a preprocessed scan, float32 [outputs, Z, Y, X] on the CPU. `data` is float32 [C, Z,
/// Y, X]. Images smaller than the patch are padded with 0. Mirrored passes are averaged over
/// logits; accumulation is fp32.
at::Tensor sliding_window_logits(net::Network& network, const at::Tensor& data,
                                 const SlidingWindowOptions& options);

}  // namespace seg::train
