#pragma once

#include <array>

#include "seg/train/overlay.hpp"

namespace seg::train {

/// The same with axes along the patient's z, y and x: index 0 at the feet, at the nose and at the
/// right hand. Labels become float32.
OverlayInput upright(const OverlayInput& input);

/// The label with most voxels, bool [Z, Y, X]; nothing is true when there are no labels.
at::Tensor largest_structure(const at::Tensor& labels);

/// Where the structure is widest along an axis; the middle if it is nowhere.
std::int64_t slice_to_show(const at::Tensor& structure, std::int64_t axis);

/// A slice of an upright volume as it is shown: the head is up in coronal and sagittal planes.
at::Tensor plane(const at::Tensor& volume, std::int64_t axis, std::int64_t index);

/// Distance between rows and between columns of such a slice, mm.
std::array<double, 2> plane_spacing(const data::Geometry& geometry, std::int64_t axis);

/// Longest side of an upright volume, or of a single slice; mm.
double longest_side(const OverlayInput& input);

}  // namespace seg::train
