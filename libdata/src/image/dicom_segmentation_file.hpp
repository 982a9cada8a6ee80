#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "seg/data/dicom_segmentation.hpp"

namespace seg::data {

// What the plugin is told that writes DICOM Segmentations.

/// A slice of the source.
struct SourceSlice {
  std::filesystem::path file;
  int frame = 0;  ///< from 1; 0: the file holds one slice
  std::array<double, 3> position{};
};

struct DicomSegmentation {
  std::vector<SourceSlice> slices;
  std::array<double, 6> orientation{};    ///< along rows, along columns
  std::array<double, 2> pixel_spacing{};  ///< from row to row, from column to column, mm
  double slice_spacing = 1;               ///< mm
  int rows = 0, columns = 0;
  std::vector<DicomSegment> segments;
  const std::int16_t* labels = nullptr;  ///< [slices, rows, columns]
};

/// What the plugin exports as "seg_write_dicom_segmentation": gives null, or what went wrong.
using WriteDicomSegmentation = const char*(const char* file, const DicomSegmentation* content);

}  // namespace seg::data
