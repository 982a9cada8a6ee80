#pragma once

#include <array>
#include <cstdint>

#include "seg/plan/fingerprint.hpp"

namespace seg::plan {

/// Spacing that all cases are resampled to, and how it was found. Original axis order, mm.
struct TargetSpacing {
  std::array<double, 3> spacing{};
  std::array<double, 3> median{};
  int coarsest_axis = 0;      ///< of the median spacing
  bool finer_slices = false;  ///< the 10th percentile was taken along the coarsest axis
};

/// Median spacing; where slices are thick and few, the 10th percentile along that axis.
TargetSpacing target_spacing(const Fingerprint& fingerprint);

/// Axis order with the coarsest axis first, and its inverse.
struct Transpose {
  std::array<int, 3> forward{}, backward{};
};
Transpose coarsest_axis_first(const std::array<double, 3>& spacing);

template <class T>
std::array<T, 3> transposed(const std::array<T, 3>& values, const std::array<int, 3>& order) {
  return {values[order[0]], values[order[1]], values[order[2]]};
}

/// Extent after resampling, rounded half to even.
std::int64_t resampled_extent(std::int64_t extent, double spacing, double new_spacing);

/// Median shape of all cases after resampling to `spacing`; halves are possible.
std::array<double, 3> median_resampled_shape(const Fingerprint& fingerprint,
                                             const std::array<double, 3>& spacing);

}  // namespace seg::plan
