#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

namespace seg::data {

/// What a spacing (mm) seems to be in, judged by one that is right: "micrometres", "centimetres",
/// "metres", or empty for millimetres and what cannot be told.
inline std::string likely_unit(const std::array<double, 3>& spacing,
                               const std::array<double, 3>& expected) {
  if (std::ranges::any_of(spacing, [](double length) { return !(length > 0); })) return "";
  double ratio = 1;
  for (std::size_t axis = 0; axis < 3; ++axis) ratio *= std::cbrt(spacing[axis] / expected[axis]);
  if (ratio > 30) return "micrometres";
  if (ratio < 0.02) return "metres";
  return ratio < 0.2 ? "centimetres" : "";
}

}  // namespace seg::data
