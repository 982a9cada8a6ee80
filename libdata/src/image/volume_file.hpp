#pragma once

#include <ATen/ATen.h>

#include <filesystem>

#include "seg/data/image.hpp"
#include "seg/plan/reporter.hpp"

namespace seg::data {

/// A file as a reader gives it: voxels in the file's own type.
struct Volume {
  at::Tensor voxels;  ///< [C, Z, Y, X]; components of a pixel and a fourth axis are channels
  Geometry geometry;
  bool repaired = false;  ///< the header's direction cosines were made orthonormal
};

struct ReadAs {
  ImageReader reader{};
  bool is_label = false;  ///< the name ends without a channel number
};

/// A folder of a DICOM series, too, and a DICOM file whatever its name (dicom_series.hpp).
/// @throws Error for a file that is missing, unreadable, truncated or empty, or not one that the
/// reader takes.
Volume read_volume(const std::filesystem::path& file, const ReadAs& as, const Reporter& reporter);

/// Writes [Z, Y, X] voxels, [C, Z, Y, X] as a fourth axis, or with `rgb` [1, Y, X, 3], in the
/// tensor's type, atomically, as geometry.reader would; they lie in the order of the file.
/// @throws Error when the format is unknown or the folder cannot be written.
void write_volume(const std::filesystem::path& file, const Volume& volume, bool rgb = false);

}  // namespace seg::data
