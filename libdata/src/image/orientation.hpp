#pragma once

#include "seg/data/image.hpp"

namespace seg::data {

/// Which way each file axis (x, y, z) runs, by the largest direction cosines: what stored() needs
/// to bring an array in the order Right, Anterior, Superior back to the order of the file.
StoredAxes closest_axes(const Geometry& geometry);

/// Turns an array [C, Z, Y, X] in the order of the file to Right, Anterior, Superior, and its
/// geometry with it; voxels are moved, never interpolated. geometry.stored says how to turn back.
/// With what nibabel reads, a scan that is turned takes its spacing from its affine.
at::Tensor turned_to_ras(const at::Tensor& voxels, Geometry& geometry);

/// The inverse, for [Z, Y, X] or [C, Z, Y, X]: to the order of geometry.stored, which then is the
/// plain one.
at::Tensor turned_to_stored(const at::Tensor& voxels, Geometry& geometry);

}  // namespace seg::data
