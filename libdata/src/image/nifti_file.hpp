#pragma once

#include <ATen/ATen.h>

#include <filesystem>

#include "seg/data/image.hpp"
#include "seg/plan/reporter.hpp"

namespace seg::data {

/// By the ending of its name, in whatever case.
bool is_nifti(const std::filesystem::path& file);

/// Voxels [C, Z, Y, X] in the file's type, float32 if the header scales them. ITK would turn NaN
/// into 0 and fill up a truncated file, without a word.
/// @throws Error for a truncated or empty image.
at::Tensor read_nifti_voxels(const std::filesystem::path& file);

/// ITK 5.2 turns the spacing of a header in metres or micrometres into mm, but leaves the
/// origin in the header's unit. @param geometry as ITK read it.
void scale_nifti_origin(const std::filesystem::path& file, Geometry& geometry);

/// Geometry of a file whose direction cosines are not orthonormal, which ITK refuses: they become
/// the nearest rotation (with a warning) when they miss it by rounding.
/// @throws Error when they miss it by more.
Geometry repaired_nifti_geometry(const std::filesystem::path& file, const Reporter& reporter);

}  // namespace seg::data
