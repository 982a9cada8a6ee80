#pragma once

#include <ATen/ATen.h>

namespace seg::data {

/// Sets the false voxels of a mask (bool [Z, Y, X], rows along X contiguous) that no path of face
/// neighbours connects with the outside of the volume. A volume of one slice has no holes: every
/// voxel touches the outside.
void fill_holes(const at::Tensor& mask);

}  // namespace seg::data
