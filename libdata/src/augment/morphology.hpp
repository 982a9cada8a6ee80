#pragma once

#include <ATen/ATen.h>

namespace seg::data {

/// Ball of a radius (voxels, may be fractional) as scikit-image's `ball`: bool, 2 * radius + 1
/// (rounded down) voxels wide in each of `axes` dimensions.
at::Tensor ball(double radius, std::int64_t axes);

/// Morphology of a mask (bool [(Z,) Y, X]) with a bool structuring element. What lies outside does
/// not count: it neither grows into the mask nor eats from it.
at::Tensor dilated(const at::Tensor& mask, const at::Tensor& element);
at::Tensor eroded(const at::Tensor& mask, const at::Tensor& element);

}  // namespace seg::data
