#pragma once

#include <array>

#include "seg/train/overlay.hpp"

namespace seg::train {

/// A scan and label maps along the patient's z, y and x: planes are counted from the feet, the nose
/// and the right hand. Its volumes are views of the input's, of the same types, so that only the
/// planes that are shown are copied.
struct UprightScan {
  at::Tensor scan, labels, reference;   ///< [z, y, x], each axis as it is stored
  std::array<bool, 3> reversed{};       ///< axes that are stored the other way round
  std::array<double, 3> spacing{};      ///< of z, y and x, mm
  std::array<std::int64_t, 3> shape{};  ///< of z, y and x
  int dimensions = 3;

  /// Where a plane is stored.
  std::int64_t stored(std::int64_t axis, std::int64_t index) const {
    return reversed[static_cast<std::size_t>(axis)]
               ? shape[static_cast<std::size_t>(axis)] - 1 - index
               : index;
  }
  /// A line of values, one for each plane of an axis, in the patient's order.
  at::Tensor line(const at::Tensor& values, std::int64_t axis) const;
  /// A plane [rows, columns] as it is shown: the head is up in coronal and sagittal planes.
  at::Tensor turned(const at::Tensor& values, std::int64_t axis) const;
  /// That of a volume.
  at::Tensor plane(const at::Tensor& volume, std::int64_t axis, std::int64_t index) const {
    return turned(volume.select(axis, stored(axis, index)), axis);
  }
};

UprightScan upright(const OverlayInput& input);

/// The label with most voxels, bool [Z, Y, X]; nothing is true when there are no labels.
at::Tensor largest_structure(const at::Tensor& labels);

/// Where the structure is widest along an axis; the middle if it is nowhere.
std::int64_t slice_to_show(const UprightScan& shown, const at::Tensor& structure,
                           std::int64_t axis);

/// Distance between rows and between columns of a plane, mm.
std::array<double, 2> plane_spacing(const UprightScan& shown, std::int64_t axis);

/// Longest side of a volume, or of a single slice; mm.
double longest_side(const UprightScan& shown);

}  // namespace seg::train
