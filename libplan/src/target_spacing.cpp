#include "target_spacing.hpp"

#include <algorithm>
#include <cmath>

#include "order_statistics.hpp"

namespace seg::plan {
namespace {

constexpr double anisotropic = 3;  // ANISO_THRESHOLD

using Triple = std::array<double, 3>;

int coarsest_axis(const Triple& spacing) {
  return static_cast<int>(std::ranges::max_element(spacing) - spacing.begin());
}

std::array<double, 2> others(const Triple& values, int axis) {
  return {values[axis == 0 ? 1 : 0], values[axis == 2 ? 1 : 2]};
}

template <class T>
Triple median_per_axis(const std::vector<std::array<T, 3>>& cases) {
  Triple medians;
  for (std::size_t axis = 0; axis < 3; ++axis)
    medians[axis] = percentile(along_axis(cases, axis), 50);
  return medians;
}

bool thick_and_few_slices(const Triple& spacing, const Triple& shape, int axis) {
  return spacing[axis] > anisotropic * std::ranges::max(others(spacing, axis)) &&
         shape[axis] * anisotropic < std::ranges::min(others(shape, axis));
}

double slice_spacing(const Fingerprint& fingerprint, const Triple& median, int axis) {
  const double fine = percentile(along_axis(fingerprint.spacings, axis), 10);
  const double in_plane = std::ranges::max(others(median, axis));
  return fine < in_plane ? in_plane + 1e-5 : fine;
}

}  // namespace

TargetSpacing target_spacing(const Fingerprint& fingerprint) {
  TargetSpacing target;
  target.median = median_per_axis(fingerprint.spacings);
  target.spacing = target.median;
  const int axis = target.coarsest_axis = coarsest_axis(target.median);
  target.finer_slices =
      thick_and_few_slices(target.median, median_per_axis(fingerprint.shapes_after_crop), axis);
  if (target.finer_slices) target.spacing[axis] = slice_spacing(fingerprint, target.median, axis);
  return target;
}

Transpose coarsest_axis_first(const Triple& spacing) {
  Transpose transpose;
  const int first = coarsest_axis(spacing);
  transpose.forward = {first, first == 0 ? 1 : 0, first == 2 ? 1 : 2};
  for (int axis = 0; axis < 3; ++axis) transpose.backward[transpose.forward[axis]] = axis;
  return transpose;
}

std::int64_t resampled_extent(std::int64_t extent, double spacing, double new_spacing) {
  return std::llrint(spacing / new_spacing * static_cast<double>(extent));
}

Triple median_resampled_shape(const Fingerprint& fingerprint, const Triple& spacing) {
  Triple shape;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    std::vector<double> extents;
    for (std::size_t i = 0; i < fingerprint.spacings.size(); ++i)
      extents.push_back(static_cast<double>(resampled_extent(
          fingerprint.shapes_after_crop[i][axis], fingerprint.spacings[i][axis], spacing[axis])));
    shape[axis] = median(extents);
  }
  return shape;
}

}  // namespace seg::plan
