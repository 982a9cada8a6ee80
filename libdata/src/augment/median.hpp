#pragma once

#include <ATen/ATen.h>

#include <cstdint>

namespace seg::data {

/// Median of the `size` voxels along each axis around each voxel of an image [(Z,) Y, X], of an
/// even size one more before it than behind; borders are mirrored with the outermost voxel doubled.
/// Of an even number of voxels the upper median (scipy.ndimage.median_filter).
at::Tensor median_filtered(const at::Tensor& image, std::int64_t size);

}  // namespace seg::data
