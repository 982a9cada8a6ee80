#pragma once

#include <filesystem>

#include "seg/data/image.hpp"
#include "seg/plan/reporter.hpp"

namespace seg::data {

/// Spacing of a 3D TIFF, which the format cannot hold: nnU-Net's Tiff3DIO keeps it beside, in
/// <case>.json as {"spacing": [z, y, x]}. Without that file 1 mm is assumed, with a warning.
void read_tiff_spacing(const std::filesystem::path& file, Geometry& geometry,
                       const Reporter& reporter);

/// Writes <case>.json beside a label map or an image.
void write_tiff_spacing(const std::filesystem::path& file, const Geometry& geometry);

}  // namespace seg::data
