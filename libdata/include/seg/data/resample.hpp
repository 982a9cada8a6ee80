#pragma once

#include <ATen/ATen.h>

#include <array>
#include <vector>

#include "seg/plan/plans.hpp"

namespace seg::data {

/// Extent after resampling: round-half-even(old spacing / new spacing * extent) on each axis.
std::array<std::int64_t, 3> resampled_shape(const std::array<std::int64_t, 3>& shape,
                                            const std::array<double, 3>& spacing,
                                            const std::array<double, 3>& new_spacing);

/// Resamples [C, Z, Y, X] to `shape` as nnU-Net's resample_data_or_seg_to_shape: spline order and
/// the separate handling of a coarse axis come from `method`; labels (is_seg) are resampled one by
/// one and the largest wins. Returns the dtype of the input.
at::Tensor resample(const at::Tensor& data, const std::array<std::int64_t, 3>& shape,
                    const std::array<double, 3>& spacing, const std::array<double, 3>& new_spacing,
                    const plan::Resampling& method);

}  // namespace seg::data
