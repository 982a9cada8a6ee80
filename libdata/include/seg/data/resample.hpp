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
/// @param threshold in the place of 3.
std::optional<int> separate_axis(const std::array<double, 3>& spacing,
                                 const std::array<double, 3>& new_spacing,
                                 std::optional<bool> force = std::nullopt, double threshold = 3);

/// What an array is resampled to, and how.
struct TargetGrid {
  std::array<std::int64_t, 3> shape{};
  std::array<double, 3> spacing{}, new_spacing{};  ///< mm; decide which axis is done separately
  plan::Resampling method;
};

/// Resamples [C, Z, Y, X] to a grid as nnU-Net's function of the method's name does: half-pixel
/// centres, edges repeated outside, no smoothing before shrinking. `method` also says whether a
/// coarse axis is handled separately (force_separate_z, separate_z_anisotropy_threshold). An
/// unchanged shape returns the input itself; else labels (is_seg) and results of
/// resample_data_or_seg_to_shape have the dtype of the input, others are float32.
///
/// - resample_data_or_seg_to_shape: splines of `order` 0, 1 or 3, `order_z` along a coarse axis.
///   Cubic results are clipped to the range of the input. Labels are resampled one by one and the
///   largest wins. Sums run in float64; threads of LibTorch share the rows.
/// - resample_torch_fornnunet: LibTorch's linear interpolation; where there is a coarse axis, by
///   `mode` across it and then by `aniso_axis_mode` along it. Of labels the largest weight in half
///   precision wins, of equal ones the smallest label; with memefficient_seg_resampling the label
///   whose weight is above one half, else 0.
/// - resample_torch_simple: the same in one step with `mode`.
/// - no_resampling_hack: the input, whatever the grid.
/// @throws Error for an unknown method and for a shape without voxels.
at::Tensor resample(const at::Tensor& data, const TargetGrid& grid);

/// Whether a method gives back its input whatever the grid.
bool keeps_shape(const plan::Resampling& method);

/// The voxels and weights along each axis that resample() makes a voxel of the grid of, rounding
/// between two steps aside; nothing where two neighbours along an axis do not suffice (cubic, area,
/// labels).
/// @param from extent of the input.
std::optional<std::array<AxisTaps, 3>> neighbour_taps(const std::array<std::int64_t, 3>& from,
                                                      const TargetGrid& grid);

}  // namespace seg::data
