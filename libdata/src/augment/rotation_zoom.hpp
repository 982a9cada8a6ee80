#pragma once

#include <ATen/ATen.h>

#include <array>
#include <cstdint>
#include <vector>

namespace seg::data {

// The spatial transform of nnU-Net's training pipeline (batchgeneratorsv2's SpatialTransform
// without elastic deformation): a patch is cut from the centre of a larger one, which is rotated
// and zoomed around that centre. 2D data has Z = 1.

/// Rotation about each array axis [Z, Y, X] (radians) and zoom along it. A 2D item has Z = 1 and
/// turns about Z only.
struct Movement {
  std::array<double, 3> angles{0, 0, 0};
  std::array<double, 3> zoom{1, 1, 1};  ///< larger makes objects smaller
};

using Extent3 = std::array<std::int64_t, 3>;

/// Where a voxel of the patch comes from, both relative to their centres, in voxels [Z, Y, X]:
/// R_2 R_1 R_0 diag(zoom), row by row.
using Affine = std::array<std::array<double, 3>, 3>;
Affine affine_matrix(const Movement& movement);

/// Cuts the centre without interpolation (first voxel: size / 2 - patch / 2); `outside` fills what
/// lies beyond. `data` is [N, C, Z, Y, X] of any type; without copying where nothing lies beyond.
at::Tensor center_crop(const at::Tensor& data, const Extent3& patch, double outside);

/// Moves images: linear interpolation, 0 outside. `images` is float32 [N, C, Z, Y, X], with one
/// matrix per item.
at::Tensor move_images(const at::Tensor& images, const std::vector<Affine>& affines,
                       const Extent3& patch);

/// Moves label maps (int16 [N, S, Z, Y, X], -1 outside): the label with the largest sum of linear
/// weights wins; sums are compared in half precision after scaling by 1000, and a tie goes to the
/// nearest neighbour's label if it is among the tied ones, else to the smallest.
/// @param labels all values that may occur, -1 included, ascending; used on devices other than the
/// CPU.
at::Tensor move_labels(const at::Tensor& segs, const std::vector<Affine>& affines,
                       const Extent3& patch, const std::vector<int>& labels);

/// Moves images or label maps to the nearest voxel; 0 outside of images, -1 outside of labels.
at::Tensor move_to_nearest(const at::Tensor& batch, const std::vector<Affine>& affines,
                           const Extent3& patch);

/// The device-independent forms of move_images and move_labels, by grid_sample. Slower on the CPU.
at::Tensor move_images_by_grid(const at::Tensor& images, const std::vector<Affine>& affines,
                               const Extent3& patch);
at::Tensor move_labels_by_grid(const at::Tensor& segs, const std::vector<Affine>& affines,
                               const Extent3& patch, const std::vector<int>& labels);

}  // namespace seg::data
