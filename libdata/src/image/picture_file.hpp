#pragma once

#include "image/volume_file.hpp"

namespace seg::data {

// Pictures and stacks of them, which know no millimetres.

/// As nnU-Net's NaturalImage2DIO (skimage) reads PNG, BMP and TIFF: [C, 1, Y, X] with one channel,
/// or three or four of a colour picture; three or four pages of a TIFF count as colours.
Volume read_picture(const std::filesystem::path& file);

/// As nnU-Net's Tiff3DIO (tifffile) reads a TIFF: [1, Z, Y, X], the spacing from a file beside it,
/// see tiff_spacing.hpp.
Volume read_tiff_stack(const std::filesystem::path& file, bool is_label, const Reporter& reporter);

/// Where no plan says what it is: a TIFF of several pages is a stack, else a picture.
Volume read_picture_or_stack(const std::filesystem::path& file, bool is_label,
                             const Reporter& reporter);

}  // namespace seg::data
