#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "seg/net/network.hpp"

namespace seg::train {

/// Folders for files that hold what does not fit into memory, see data::scratch_array().
struct ScratchFolders {
  std::optional<std::filesystem::path> scores{};  ///< logits and probabilities of a whole scan
  std::optional<std::filesystem::path> sums{};    ///< of overlapping tiles, on the CPU
};

struct SlidingWindowOptions {
  std::vector<std::int64_t> patch_size{};  ///< [Y, X]: slices along the first axis; [Z, Y, X]
  double step_size = 0.5;                  ///< fraction of the patch
  bool gaussian = true;
  std::vector<int> mirror_axes{};  ///< spatial axes of the patch; empty: no mirroring
  at::Device device = at::kCPU;
  at::ScalarType precision = at::kFloat;  ///< autocast type; kFloat: none
  std::string engine = "seg";             ///< what computes the networks: seg, openvino
  ScratchFolders scratch{};               ///< none: all in memory
  /// Is told how many tiles of how many are through the networks; what it throws ends the run.
  std::function<void(std::size_t done, std::size_t total)> progress{};
};

/// Starts of the tiles along each axis, evenly spread and at most step_size * patch apart
/// (nnU-Net's compute_steps_for_sliding_window). The image is at least as large as the patch.
std::vector<std::vector<std::int64_t>> tile_starts(const std::vector<std::int64_t>& image,
                                                   const std::vector<std::int64_t>& patch,
                                                   double step_size);

/// Importance of a tile's voxels: Gaussian, sigma = patch / 8, maximum `peak`, zeros raised to the
/// smallest non-zero value.
at::Tensor gaussian_map(const std::vector<std::int64_t>& patch, double peak);

/// How many tiles go through the networks together: small ones do, within a budget that keeps
/// activations small.
std::int64_t tiles_at_a_time(const SlidingWindowOptions& options);

using Networks = std::vector<std::shared_ptr<net::Network>>;

/// Takes the logits of a scan slice by slice, in order: float32 [outputs, Y, X] on options.device,
/// or on the CPU if that has no memory for the sums.
using SliceSink = std::function<void(const at::Tensor& logits)>;

/// Runs networks over a preprocessed scan and hands out their mean logits (first heads) as soon as
/// no further tile touches a slice. `data` is float32 [C, Z, Y, X] on the CPU; the networks lie on
/// options.device and are put into eval mode. Images smaller than the patch are padded with 0 on
/// both sides. Logits are averaged over networks and mirrored passes; accumulation is fp32, on the
/// device if it has the memory.
///
/// Memory beside `data` (and its padded copy, if it needs one), for a patch of P slices: 4 bytes *
/// (P * (outputs + 1) + 2 * outputs) * Y * X, and what the networks need for one batch of tiles
/// (up to 2^17 voxels on the CPU) with its logits, three times where views or networks are added
/// up. It does not grow with Z.
void sliding_window(const Networks& networks, const at::Tensor& data,
                    const SlidingWindowOptions& options, const SliceSink& sink);

/// The slices together: float32 [outputs, Z, Y, X] on the CPU, where options.scratch.scores says.
at::Tensor sliding_window_logits(const Networks& networks, const at::Tensor& data,
                                 const SlidingWindowOptions& options);

}  // namespace seg::train
