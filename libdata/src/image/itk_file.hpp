#pragma once

#include <ATen/ATen.h>

#include <filesystem>
#include <optional>

#include "image/volume_file.hpp"
#include "seg/data/image_header.hpp"

namespace seg::data {

/// Voxels and geometry as ITK reads them, of NIfTI files its geometry only: ITK would turn NaN into
/// 0 and fill up a truncated file, without a word.
struct ItkFile {
  at::Tensor voxels;  ///< [C, Z, Y, X]; components of a pixel and a fourth axis are channels
  Geometry geometry;
  bool accepted = true;  ///< false when ITK refuses a NIfTI header for its direction cosines
};

/// @throws Error for a file that is damaged, truncated or empty.
ItkFile read_with_itk(const std::filesystem::path& file);

/// The header alone; nothing for one that ITK refuses.
/// @throws Error, itk::ExceptionObject.
std::optional<ImageHeader> read_header_with_itk(const std::filesystem::path& file);

/// Writes [Z, Y, X] voxels, [C, Z, Y, X] as a fourth axis, or with `rgb` [1, Y, X, 3], in the
/// tensor's type, compressed. Not atomic. @throws itk::ExceptionObject.
void write_with_itk(const std::filesystem::path& file, const Volume& volume, bool rgb);

}  // namespace seg::data
