#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "image/dicom_structure.hpp"

namespace seg::data {

// What the plugin reads of a DICOM file. Nothing about the patient and no private element is read,
// so that no message can show it.

/// Where a frame lies (PS3.3, C.7.6.2) and what its values mean; lists are empty where the file
/// leaves them out, and hold NaN for what is no number.
struct DicomFrame {
  std::vector<double> position;       ///< x, y, z of the first voxel's centre, mm
  std::vector<double> orientation;    ///< directions in which columns, then rows, are counted
  std::vector<double> pixel_spacing;  ///< from row to row, from column to column, mm
  double slope = 1, intercept = 0;    ///< from what is stored to the value
};

struct DicomFile {
  std::string series, instance;  ///< UIDs
  std::string modality, series_number;
  std::string photometric;      ///< MONOCHROME2, RGB, ...
  std::string transfer_syntax;  ///< UID
  int rows = 0, columns = 0, samples = 1, frames = 1;
  int bits_allocated = 0, bits_stored = 0, high_bit = 0;
  bool is_image = false;  ///< by its SOP class, which files without pixels have, too
  bool is_localizer = false, has_lookup_table = false;
  bool is_secondary_capture = false;
  bool is_mosaic = false;    ///< Siemens: many slices side by side in one
  double slice_spacing = 0;  ///< of a single slice: to the next, else its thickness; 0: unknown
  std::vector<DicomFrame> placed;  ///< one, or as many as there are frames
};

/// What the plugin exports as "seg_read_dicom": gives null, or what went wrong. Without `voxels` it
/// reads `content`; else, of a file read before, the values of all frames [frames, rows, columns]:
/// what is stored * slope + intercept in double, then float32.
using ReadDicom = const char*(const char* file, DicomFile* content, float* voxels);

/// @throws Error for a file that GDCM does not read, and when this build lacks the plugin.
DicomFile read_dicom_content(const std::filesystem::path& file);

struct OpenedDicomFile {
  std::filesystem::path path;
  DicomFile content;
  DicomPixels pixels;
};

/// Is given the place of a file in the list, and its values [frames, rows, columns].
using TakeDicomVoxels = std::function<void(std::size_t, const float*)>;

/// Reads the voxels of files in order, in a process of its own, as GDCM's assertions end the one
/// that decodes a damaged file.
/// @throws Error, std::bad_alloc.
void read_dicom_voxels(std::vector<OpenedDicomFile>& files, const TakeDicomVoxels& take);

}  // namespace seg::data
