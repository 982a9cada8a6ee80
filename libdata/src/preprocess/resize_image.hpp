#pragma once

#include <ATen/ATen.h>

#include <array>

namespace seg::data {

/// Resizes a volume (float32 [Z, Y, X]) by interpolation of order 0, 1 or 3 along every axis whose
/// extent changes; see axis_taps. Cubic results may leave the range of the input.
at::Tensor resize_image(const at::Tensor& volume, const std::array<std::int64_t, 3>& shape,
                        int order);

}  // namespace seg::data
