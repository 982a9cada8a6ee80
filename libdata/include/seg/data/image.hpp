#pragma once

#include <ATen/ATen.h>

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "seg/data/image_reader.hpp"
#include "seg/plan/reporter.hpp"

namespace seg::data {

/// How a file stores the axes of an array: file axis i (x, y, z) is axis[i] of the array, running
/// backwards if flipped[i].
struct StoredAxes {
  std::array<int, 3> axis{0, 1, 2};
  std::array<bool, 3> flipped{};
  bool operator==(const StoredAxes&) const = default;
};

/// Where the voxels of a scan lie in space, and all that it takes to write a label map onto the
/// scan's own grid. Ordered as ITK orders it (x, y, z), in ITK's world: x to the Left, y to the
/// Posterior, z to the Superior.
struct Geometry {
  std::array<double, 3> spacing{1, 1, 1}, origin{0, 0, 0};     ///< mm
  std::array<double, 9> direction{1, 0, 0, 0, 1, 0, 0, 0, 1};  ///< row-major cosines
  int dimensions = 3;  ///< 2 for a single slice such as a PNG
  /// Nibabel's readers: lengths of the affine's columns, which then need not be orthogonal. The
  /// spacing is what the header gives beside it.
  std::optional<std::array<double, 3>> affine_spacing{};
  StoredAxes stored{};   ///< readers that reorient: how the file stores the array
  ImageReader reader{};  ///< by which it was read, and is written

  /// From voxel to voxel in space, mm.
  const std::array<double, 3>& step() const { return affine_spacing ? *affine_spacing : spacing; }

  /// Spacing in array order [Z, Y, X]; (999 * max(x, y), y, x) for a 2D image, as nnU-Net has it.
  std::array<double, 3> array_spacing() const;
};

/// The grid of an array [Z, Y, X] in the order in which its file stores it.
Geometry in_stored_order(const Geometry& geometry, at::IntArrayRef shape);

/// NIfTI's affine matrix, row by row: from voxel (x, y, z) to mm, x to the Right, y to the
/// Anterior.
std::array<double, 16> nifti_affine(const Geometry& geometry);

/// All channels of one scan.
struct Image {
  at::Tensor data;  ///< float32 [C, Z, Y, X], contiguous; 2D images have Z = 1
  Geometry geometry{};
  /// Channel files that lie elsewhere than the first, and how. nnU-Net goes on with a warning.
  std::vector<std::pair<std::filesystem::path, std::string>> misplaced{};
};

/// What of a file name says that it is an image: ".nii.gz", ".png", ...; empty for other names.
std::string image_ending(const std::filesystem::path& file);

/// A path without its image_ending(): "scans/a" for "scans/a.nii.gz"; other names as they are.
std::filesystem::path without_image_ending(const std::filesystem::path& file);

/// Reads the channels of one case, one file each, as nnU-Net's readers do: .nii.gz, .nii, .nrrd,
/// .nhdr, .mha, .mhd, .gipl, .png, .tif, .tiff, .bmp; and the folder of a DICOM series, or a DICOM
/// file of several frames, whatever their names. A file with several values per voxel (RGB,
/// RGBA, a fourth axis) gives as many channels. Pictures have spacing 1 (3D TIFF: from
/// <case>.json), other headers without one, too, with a warning. Direction cosines of a NIfTI file
/// that miss orthonormality by rounding only are repaired, with a warning (nibabel's readers take
/// any). NaN and infinite voxels are kept.
/// @throws Error when a file is missing, unreadable, truncated or empty, or not one that the reader
/// takes, and when channels disagree in shape or spacing; a channel that lies elsewhere by more
/// than a tenth of a voxel is a warning.
Image read_image(const std::vector<std::filesystem::path>& channels, const ImageReader& reader = {},
                 const Reporter& reporter = {});

/// A scan that is in memory already, in the order of its file, as a reader would give it: turned to
/// Right, Anterior, Superior if the reader does that. An array that is not turned is not copied.
/// @param voxels float32 [C, Z, Y, X].
/// @throws Error for a slice that a reorienting reader cannot turn.
Image image_in_memory(const at::Tensor& voxels, const Geometry& geometry,
                      const ImageReader& reader);

/// An array [(...,) Z, Y, X] on a scan that was read, in the order in which its file stores it.
at::Tensor array_in_stored_order(const at::Tensor& array, const Geometry& geometry);

/// Reads a label map: int16 [1, Z, Y, X] and its geometry.
/// @throws Error also for values that are no whole numbers up to 32767, or several channels.
Image read_label_map(const std::filesystem::path& file, const ImageReader& reader = {},
                     const Reporter& reporter = {});

/// Whether a reader takes an image as it is, without a repair.
bool can_read(const ImageReader& reader, const std::filesystem::path& file);

/// Writes labels ([Z, Y, X], integer) on `geometry`, in the order in which its file stored them,
/// atomically, compressed; uint8 if the largest label is below 255, else uint16. The format follows
/// the file's ending; the geometry is what the format can store (NIfTI: 32-bit floats; pictures:
/// none).
/// @throws Error for an unknown ending, a folder that cannot be written, a full disk; then nothing
/// is left behind.
void write_label_map(const std::filesystem::path& file, const at::Tensor& labels,
                     const Geometry& geometry);

/// Writes a float32 image: [Z, Y, X], or into a volume's format [C, Z, Y, X] as a fourth axis.
void write_image(const std::filesystem::path& file, const at::Tensor& data,
                 const Geometry& geometry);

/// Writes an RGB picture (uint8 [Y, X, 3]) as PNG, atomically.
void write_picture(const std::filesystem::path& file, const at::Tensor& rgb);

/// What a .nii.gz file of a volume holds (uint8 [N]), without writing one.
/// @param voxels uint8, int16, uint16 or float32 [Z, Y, X].
at::Tensor packed_nifti(const at::Tensor& voxels, const Geometry& geometry);

}  // namespace seg::data
