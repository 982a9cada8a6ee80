#include "seg/data/axis_taps.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "seg/plan/assert.hpp"

namespace seg::data {
namespace {

std::int64_t floor_index(double position) {
  return static_cast<std::int64_t>(std::floor(position));
}

void add(AxisTaps& taps, std::int64_t index, double weight) {
  taps.index.push_back(index);
  taps.weight.push_back(weight);
}

void add_linear(AxisTaps& taps, double position, std::int64_t last) {
  position = std::clamp(position, 0.0, static_cast<double>(last));
  const std::int64_t lower = floor_index(position);
  const double lower_weight = 1 - (position - static_cast<double>(lower));
  add(taps, lower, lower_weight);
  add(taps, std::min(lower + 1, last), 1 - lower_weight);
}

void add_cubic(AxisTaps& taps, double position) {
  const std::int64_t lower = floor_index(position);
  const double y = position - static_cast<double>(lower), z = 1 - y;
  const double first = z * z * z / 6;
  const double second = (y * y * (y - 2) * 3 + 4) / 6;
  const double third = (z * z * (z - 2) * 3 + 4) / 6;
  const std::int64_t start = lower - 1 + spline_padding;
  add(taps, start, first);
  add(taps, start + 1, second);
  add(taps, start + 2, third);
  add(taps, start + 3, 1 - first - second - third);
}

/// Of the samples with what the spline puts around them, if it is one.
bool lie_inside(const AxisTaps& taps, std::int64_t extent) {
  const std::int64_t samples = extent + (taps.count == 4 ? 2 * spline_padding : 0);
  return std::ranges::all_of(taps.index, [&](auto i) { return i >= 0 && i < samples; });
}

}  // namespace

AxisTaps axis_taps(int order, std::int64_t extent, std::int64_t new_extent) {
  if (order != 0 && order != 1 && order != 3)
    throw std::logic_error("axis_taps: orders are 0, 1 and 3");
  if (extent == new_extent) order = 0;
  const double scale = static_cast<double>(extent) / static_cast<double>(new_extent);
  AxisTaps taps;
  taps.count = order + 1;
  for (std::int64_t i = 0; i < new_extent; ++i) {
    const double position = (static_cast<double>(i) + 0.5) * scale - 0.5;
    if (order == 0)
      add(taps, std::clamp<std::int64_t>(floor_index(position + 0.5), 0, extent - 1), 1);
    if (order == 1) add_linear(taps, position, extent - 1);
    if (order == 3) add_cubic(taps, position);
  }
  SEG_ASSERT(taps.extent() == new_extent && lie_inside(taps, extent));
  return taps;
}

}  // namespace seg::data
