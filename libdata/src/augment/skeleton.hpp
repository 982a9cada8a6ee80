#pragma once

#include <ATen/ATen.h>

#include "seg/data/augment.hpp"

namespace seg::data {

/// Thin lines within the true voxels of a mask on the CPU: pictures [Y, X] by Zhang and Suen (1984)
/// with scikit-image's exceptions, volumes [Z, Y, X] by Lee, Kashyap and Chu (1994), each to the
/// voxel as scikit-image's skeletonize.
at::Tensor thinned(const at::Tensor& mask);

/// The skeleton of a label map on the CPU ([(Z,) Y, X]): all labels above 0 thinned together, as a
/// tube dilated twice by the cross, each voxel with its label; 0 elsewhere (SkeletonTransform of
/// Skeleton Recall).
at::Tensor label_skeleton(const at::Tensor& labels, const SkeletonOptions& options);

// The two methods, in place: bytes 0 or 1, contiguous, with a margin of 0.
void thin_picture(const at::Tensor& picture);
void thin_volume(const at::Tensor& volume);

}  // namespace seg::data
