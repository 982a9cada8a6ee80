#pragma once

#include <ATen/ATen.h>

#include "seg/data/image.hpp"

namespace seg::data {

/// What a .nii.gz file of a small volume holds (uint8 [N]), without writing one.
/// @param voxels uint8 or int16 [Z, Y, X].
at::Tensor nifti_bytes(const at::Tensor& voxels, const Geometry& geometry);

}  // namespace seg::data
