#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "seg/net/network.hpp"

namespace seg::train {

struct SlidingWindowOptions {
  std::vector<std::int64_t> patch_size{};  ///< [Y, X]: slices along the first axis; [Z, Y, X]
  double step_size = 0.5;                  ///< fraction of the patch
  bool gaussian = true;
  std::vector<int> mirror_axes{};  ///< spatial axes of the patch; empty: no mirroring
  at::Device device = at::kCPU;
  at::ScalarType precision = at::kFloat;  ///< autocast type; kFloat: none
};

/// Starts of the tiles along each axis, evenly spread and at most step_size * patch apart
/// (nnU-Net's compute_steps_for_sliding_window). The image is at least as large as the patch.
std::vector<std::vector<std::int64_t>> tile_starts(const std::vector<std::int64_t>& image,
                                                   const std::vector<std::int64_t>& patch,
                                                   double step_size);

/// Importance of a tile's voxels: Gaussian, sigma = patch / 8, maximum `peak`, zeros raised to the
/// smallest non-zero value.
at::Tensor gaussian_map(const std::vector<std::int64_t>& patch, double peak);

/// Logits of a preprocessed scan, float32 [outputs, Z, Y, X] on the CPU, from the network's first
/// head. `data` is float32 [C, Z, Y, X] on the CPU; the network lies on options.device and is put
/// into eval mode. Images smaller than the patch are padded with 0 on both sides. Mirrored passes
/// are averaged over logits; accumulation is fp32, on the device if it has the memory.
at::Tensor sliding_window_logits(net::Network& network, const at::Tensor& data,
                                 const SlidingWindowOptions& options);

}  // namespace seg::train
