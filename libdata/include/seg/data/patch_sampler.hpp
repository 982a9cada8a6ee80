#pragma once

#include <ATen/ATen.h>

#include <array>
#include <string>
#include <vector>

#include "seg/data/random.hpp"
#include "seg/data/store.hpp"
#include "seg/plan/labels.hpp"

namespace seg::data {

struct SamplerOptions {
  std::vector<std::int64_t>
      patch_size;  ///< what is cut out: enlarged for rotation in training; [Y, X] or [Z, Y, X]
  std::vector<std::int64_t> final_patch_size;  ///< what the network sees
  std::int64_t batch_size = 2;
  double foreground_fraction = 0.33;  ///< share of a batch that must contain foreground
  std::uint64_t seed = 0;
};

/// A batch as cut from disk, before augmentation.
struct RawBatch {
  at::Tensor data;  ///< float32 [B, C, (Z,) Y, X], 0 outside the scan
  at::Tensor seg;   ///< int16 [B, S, (Z,) Y, X], -1 outside; S = 2 with a previous stage
  std::vector<std::string> cases;
  std::uint64_t epoch = 0, iteration = 0;
};

/// Cuts batch (epoch, iteration) out of the cases by nnU-Net's rules: cases drawn with replacement,
/// the last items of a batch forced to contain a foreground voxel, positions as
/// nnUNetDataLoader.get_bbox. 2D configurations take one slice [:, slice, :, :].
RawBatch sample_batch(const std::vector<StoredCase>& cases, const SamplerOptions& options,
                      const plan::Labels& labels, std::uint64_t epoch, std::uint64_t iteration);

}  // namespace seg::data
