#pragma once

#include <filesystem>

#include "seg/data/image.hpp"
#include "seg/plan/reporter.hpp"

namespace seg::data {

struct TiffStack {
  std::filesystem::path file;
  bool is_label = false;  ///< else its name may end with a channel number: <case>_0000.tif
};

/// Spacing of a 3D TIFF, which the format cannot hold: nnU-Net's Tiff3DIO keeps it beside, in
/// <case>.json as {"spacing": [z, y, x]}. Without that file 1 mm is assumed, with a warning.
void read_tiff_spacing(const TiffStack& stack, Geometry& geometry, const Reporter& reporter);

/// Whether there is such a file.
bool has_tiff_spacing(const TiffStack& stack);

/// Writes <name>.json beside a label map or an image.
void write_tiff_spacing(const std::filesystem::path& file, const Geometry& geometry);

}  // namespace seg::data
