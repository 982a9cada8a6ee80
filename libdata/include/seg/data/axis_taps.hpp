#pragma once

#include <cstdint>
#include <vector>

namespace seg::data {

/// How one axis is resampled: which source samples make up each new sample, with which weights.
struct AxisTaps {
  int count = 1;                    ///< taps of each new sample: 1 nearest, 2 linear, 4 cubic
  std::vector<std::int64_t> index;  ///< [new extent * count]
  std::vector<double> weight;       ///< [new extent * count]

  std::int64_t extent() const { return static_cast<std::int64_t>(index.size()) / count; }
};

/// Samples that spline_coefficients puts in front of and behind an axis; cubic taps count them.
constexpr std::int64_t spline_padding = 2;

/// Taps for half-pixel centres (source = (i + 0.5) * extent / new_extent - 0.5) with the edge
/// repeated outside, as scipy.ndimage computes them. An unchanged extent gives the identity.
/// @param order 0 nearest (half-way goes up), 1 linear, 3 cubic B-spline.
AxisTaps axis_taps(int order, std::int64_t extent, std::int64_t new_extent);

}  // namespace seg::data
