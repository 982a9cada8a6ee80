#pragma once

#include "augment/rotation_zoom.hpp"

namespace seg::data {

/// Loops over voxels on the CPU, one item each: `source` [C, Z, Y, X] and `moved` [C, z, y, x] are
/// contiguous.
void sample_images(const at::Tensor& source, const Affine& affine, const at::Tensor& moved);
void sample_labels(const at::Tensor& source, const Affine& affine, const at::Tensor& moved);

}  // namespace seg::data
