#pragma once

#include <ATen/ATen.h>

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "seg/plan/reporter.hpp"

namespace seg::data {

/// Where the voxels of a scan lie in space, as the file says. Ordered as ITK orders it (x, y, z).
struct Geometry {
  std::array<double, 3> spacing{1, 1, 1}, origin{0, 0, 0};     ///< mm
  std::array<double, 9> direction{1, 0, 0, 0, 1, 0, 0, 0, 1};  ///< row-major cosines
  int dimensions = 3;  ///< 2 for a single slice such as a PNG

  /// Spacing in array order [Z, Y, X]; (999 * max(x, y), y, x) for a 2D image, as nnU-Net has it.
  std::array<double, 3> array_spacing() const;
};

/// All channels of one scan.
struct Image {
  at::Tensor data;  ///< float32 [C, Z, Y, X], contiguous; 2D images have Z = 1
  Geometry geometry;
};

/// What of a file name says that it is an image: ".nii.gz", ".png", ...; empty for other names.
std::string image_ending(const std::filesystem::path& file);

/// Reads the channels of one case, one file each, as nnU-Net's SimpleITKIO, NaturalImage2DIO and
/// Tiff3DIO do: .nii.gz, .nii, .nrrd, .nhdr, .mha, .mhd, .png, .tif, .tiff, .bmp. A file with
/// several values per voxel (RGB, RGBA, a fourth axis) gives as many channels. Pictures have
/// spacing 1 (3D TIFF: from <case>.json). Direction cosines of a NIfTI file that miss
/// orthonormality by rounding only are repaired, with a warning. NaN and infinite voxels are kept.
/// @throws Error when a file is missing, unreadable, truncated or empty, or channels disagree in
/// shape, or lie elsewhere by more than a tenth of a voxel.
Image read_image(const std::vector<std::filesystem::path>& channels, const Reporter& reporter = {});

/// Reads a label map: int16 [1, Z, Y, X] and its geometry.
/// @throws Error also for values that are no whole numbers up to 32767, or several channels.
Image read_label_map(const std::filesystem::path& file, const Reporter& reporter = {});

/// Writes labels ([Z, Y, X], integer) on `geometry`, atomically, compressed; uint8 if the largest
/// label is below 255, else uint16. The format follows the file's ending; the geometry is what ITK
/// can store in it (NIfTI: 32-bit floats; pictures: none).
/// @throws Error for an unknown ending, a folder that cannot be written, a full disk; then nothing
/// is left behind.
void write_label_map(const std::filesystem::path& file, const at::Tensor& labels,
                     const Geometry& geometry);

/// Writes a float32 image ([Z, Y, X]), one channel.
void write_image(const std::filesystem::path& file, const at::Tensor& data,
                 const Geometry& geometry);

/// Writes an RGB picture (uint8 [Y, X, 3]) as PNG, atomically.
void write_picture(const std::filesystem::path& file, const at::Tensor& rgb);

}  // namespace seg::data
