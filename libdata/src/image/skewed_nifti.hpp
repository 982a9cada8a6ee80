#pragma once

#include <filesystem>

#include "image/volume_file.hpp"
#include "seg/plan/reporter.hpp"

namespace seg::data {

/// Reads a NIfTI file whose direction cosines are not orthonormal, which ITK refuses, and turns
/// them into the nearest rotation (with a warning) when they miss it by rounding.
/// @throws Error when they miss it by more.
Volume read_skewed_nifti(const std::filesystem::path& file, const Reporter& reporter);

}  // namespace seg::data
