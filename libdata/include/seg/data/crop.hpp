#pragma once

#include <ATen/ATen.h>

#include <array>

namespace seg::data {

/// Half-open box of voxels: lower[d] <= i < upper[d], axes [Z, Y, X].
struct Box {
  std::array<std::int64_t, 3> lower{}, upper{};
  bool operator==(const Box&) const = default;
};

/// Voxels where any channel is not zero, with holes filled: bool [Z, Y, X]. `data` is [C, Z, Y, X].
at::Tensor nonzero_mask(const at::Tensor& data);

/// Smallest box around the true voxels of a mask; the whole volume if there are none.
Box bounding_box(const at::Tensor& mask);

struct Cropped {
  at::Tensor data;  ///< [C, Z, Y, X]
  at::Tensor seg;   ///< int16 [S, Z, Y, X]; -1 where no channel has a value and the label is 0
  Box box;          ///< in the array that was given
};

/// Crops to the non-zero part as nnU-Net does (crop_to_nonzero). Without labels (`seg` undefined),
/// the returned seg is 0 inside and -1 outside the mask.
Cropped crop_to_nonzero(const at::Tensor& data, const at::Tensor& seg);

}  // namespace seg::data
