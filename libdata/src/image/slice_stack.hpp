#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "image/dicom_file.hpp"
#include "seg/data/image.hpp"

namespace seg::data {

/// A frame of a DICOM file.
struct PlacedSlice {
  std::filesystem::path file;
  std::size_t frame = 0;  ///< from 0
  bool is_alone = true;   ///< in its file
  DicomFrame place{};
  double slice_spacing = 0;  ///< what the file says, of use for a single slice; 0: unknown
};

/// Slices that lie one behind the other.
struct SliceStack {
  std::vector<PlacedSlice> slices;  ///< along the normal, row direction x column direction
  Geometry geometry;                ///< z is that normal; its spacing the mean step
};

/// Orders slices by their positions along the normal, whatever their names and numbers.
/// @throws Error, naming files and numbers, for a position, orientation or spacing that is missing
/// or impossible; directions or pixel spacings that differ by more than 1e-4; two slices at one
/// position (closer than a thousandth of a pixel); positions that do not run along the normal by
/// more than a tenth of a pixel (gantry tilt, or a shifted slice); missing slices; and a slice that
/// lies further than a tenth of the slice spacing from its place in even steps.
SliceStack stacked(std::vector<PlacedSlice> slices);

}  // namespace seg::data
