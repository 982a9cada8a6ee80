#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "seg/plan/fingerprint.hpp"

namespace seg::data {

/// Intensities that all cases of a dataset keep together, per channel: 40 MB.
constexpr std::int64_t kept_intensities = 10'000'000;

/// Foreground of one channel of one case: exact moments, and order statistics at even distances.
struct ForegroundIntensities {
  std::int64_t voxels = 0;
  double mean = 0, mean_square = 0, min = 0, max = 0;
  at::Tensor sorted;  ///< float32, at most as many as were asked for
};

/// Measures `values` (float32, one per foreground voxel) and keeps at most `limit` of them.
ForegroundIntensities foreground_intensities(const at::Tensor& values, std::int64_t limit);

/// Statistics over cases in which each case with foreground has the same weight, whatever its
/// size: what nnU-Net's sampling with replacement tends to, without its chance.
plan::IntensityProperties intensity_properties(const std::vector<ForegroundIntensities>& cases);

}  // namespace seg::data
