#pragma once

#include <ATen/ATen.h>

#include <array>

namespace seg::data {

/// Coefficients of the cubic B-spline that interpolates a volume whose edge voxels go on for ever.
/// @param volume float32 [Z, Y, X].
/// @param axes which axes to filter; those grow by spline_padding voxels at both ends.
/// Method: recursive filter of M. Unser, IEEE Signal Processing Magazine 16(6), 1999, started with
/// the exact state for constant extension.
at::Tensor spline_coefficients(const at::Tensor& volume, const std::array<bool, 3>& axes);

}  // namespace seg::data
