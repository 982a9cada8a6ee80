#pragma once

#include <ATen/ATen.h>

#include <filesystem>

#include "seg/data/image.hpp"

namespace seg::data {

// NIfTI as Python's nibabel reads and writes it: by one affine matrix, which may shear. The voxels
// are read as elsewhere, see nifti_file.hpp.

/// The affine by nibabel's rules: the sform if its code says that there is one, else the qform,
/// else a grid around the centre of the scan that runs to the Left. The spacing is pixdim's,
/// whatever unit the file names.
/// @throws Error for a file that has not three axes.
Geometry nibabel_geometry(const std::filesystem::path& file);

/// Writes [Z, Y, X] voxels (uint8, uint16 or float32) with the affine as sform of code 2 and an
/// unnamed qform, packed if the name ends with .gz. Not atomic.
void write_as_nibabel(const std::filesystem::path& file, const at::Tensor& voxels,
                      const Geometry& geometry);

}  // namespace seg::data
