#pragma once

#include <array>
#include <vector>

namespace seg::plan {

/// Percentile with linear interpolation, rounded as NumPy rounds it. `values` is not empty.
double percentile(std::vector<double> values, double percent);

/// Mean of the two middle values of an even number; may differ from percentile(values, 50) in the
/// last bit.
double median(std::vector<double> values);

/// Values of one axis over all cases.
template <class T>
std::vector<double> along_axis(const std::vector<std::array<T, 3>>& cases, std::size_t axis) {
  std::vector<double> values;
  for (const auto& one : cases) values.push_back(static_cast<double>(one[axis]));
  return values;
}

}  // namespace seg::plan
