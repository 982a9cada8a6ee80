#pragma once

#include <ATen/ATen.h>

#include <array>

namespace seg::data {

/// Turns about the three array axes one after the other: double [3, 3].
at::Tensor rotation_matrix(const std::array<double, 3>& radians);

/// Where voxels lie, in mm from the centre of the scan: double [3, Z, Y, X].
at::Tensor voxel_places(const std::array<std::int64_t, 3>& shape,
                        const std::array<double, 3>& spacing);

/// A body in mm, in array axes; columns of `axes` are the directions of its radii.
struct Ellipsoid {
  std::array<double, 3> centre{}, radii{};
  at::Tensor axes;

  /// 0 at the centre, 1 on the surface, more outside: [Z, Y, X].
  at::Tensor level(const at::Tensor& places) const;

  /// 1 inside, 0 outside, with an edge about a millimetre wide: [Z, Y, X].
  at::Tensor inside(const at::Tensor& places) const;
};

}  // namespace seg::data
