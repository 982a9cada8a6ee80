#pragma once

#include <ATen/ATen.h>

#include <array>
#include <optional>

#include "seg/data/axis_taps.hpp"
#include "seg/plan/plans.hpp"

namespace seg::data {

/// Extent after resampling: round-half-even(old spacing / new spacing * extent) on each axis.
std::array<std::int64_t, 3> resampled_shape(const std::array<std::int64_t, 3>& shape,
                                            const std::array<double, 3>& spacing,
                                            const std::array<double, 3>& new_spacing);

/// The axis that is resampled on its own after the others: the one with the largest spacing where
/// largest / smallest > 3, asked of the current spacing, then of the new one. None where several
/// axes share the largest spacing.
/// @param force overrides the question: true for the largest current spacing, false for none.
std::optional<int> separate_axis(const std::array<double, 3>& spacing,
                                 const std::array<double, 3>& new_spacing,
                                 std::optional<bool> force = std::nullopt);

/// What an array is resampled to, and how.
struct TargetGrid {
  std::array<std::int64_t, 3> shape{};
  std::array<double, 3> spacing{}, new_spacing{};  ///< mm; decide which axis is done separately
  plan::Resampling method;
};

/// Resamples [C, Z, Y, X] to a grid as nnU-Net's resample_data_or_seg_to_shape: half-pixel
/// centres, edges repeated outside, no smoothing before shrinking. `method` says the spline order
/// (0, 1, 3), the order along a coarse axis that is handled separately (order_z) and when it is
/// (force_separate_z). Cubic results are clipped to the range of the input. Labels (is_seg) are
/// resampled one by one and the largest wins. Returns the dtype of the input; an unchanged shape
/// returns the input itself. Sums run in float64; threads of LibTorch share the rows.
/// @throws Error for an unknown method and for a shape without voxels.
at::Tensor resample(const at::Tensor& data, const TargetGrid& grid);

/// The voxels and weights along each axis that resample() makes a voxel of the grid of, rounding
/// between two steps aside; nothing where the neighbours alone do not decide (cubic, labels).
/// @param from extent of the input.
std::optional<std::array<AxisTaps, 3>> neighbour_taps(const std::array<std::int64_t, 3>& from,
                                                      const TargetGrid& grid);

}  // namespace seg::data
