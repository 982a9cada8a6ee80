#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "seg/data/plugin.hpp"
#include "skip.hpp"

namespace seg::test {

/// A slice as DCMTK, which seg does not read with, writes it. It tells of a patient who must never
/// be heard of.
struct DicomSlice {
  std::array<double, 3> position{};
  std::vector<std::int32_t> stored;  ///< [rows, columns]
  int rows = 5, columns = 4, bits_allocated = 16, bits_stored = 16, number = 1, series_number = 3;
  bool is_signed = true, has_pixels = true, has_place = true;
  double slope = 1, intercept = 0;
  double thickness = 0;  ///< 0: none is told
  bool is_secondary_capture = false;
  std::array<double, 6> orientation{1, 0, 0, 0, 1, 0};
  std::array<double, 2> pixel_spacing{1, 1};
  std::string series = "1.2.826.0.1.3680043.8.498.1", modality = "CT",
              image_type = "ORIGINAL\\PRIMARY\\AXIAL", photometric = "MONOCHROME2";
  std::string instance,               ///< SOPInstanceUID; empty: a new one
      frame_of_reference;             ///< empty: none
  std::string encoding = "explicit";  ///< implicit, big endian, RLE, JPEG, JPEG-LS
};

inline constexpr const char* patients_name = "SECRET^PATIENT";

/// @throws std::runtime_error with what DCMTK says.
void write_dicom(const std::filesystem::path& file, const DicomSlice& slice);

/// All slices as the frames of one enhanced CT.
void write_enhanced_dicom(const std::filesystem::path& file, const std::vector<DicomSlice>& frames);

/// An oblique stack: slices of 5 x 4 pixels of 0.75 mm x 0.5 mm, 1.25 mm apart, whose stored values
/// are 1000 z + 100 y + 10 x - 2000 and mean stored * slope + intercept by oblique_slope(z) and
/// oblique_intercept(z).
inline double oblique_slope(int z) { return 0.5 + 0.25 * z; }
inline double oblique_intercept(int z) { return -10.0 * z; }
inline constexpr std::array<double, 9> oblique_directions{0.6,   -0.48, 0.64, 0.8, 0.36,
                                                          -0.48, 0,     0.8,  0.6};
inline constexpr std::array<double, 3> oblique_origin{-12.5, 30.25, 7};

inline DicomSlice oblique_slice(int z) {
  DicomSlice slice;
  for (std::size_t axis = 0; axis < 3; ++axis)
    slice.position[axis] = oblique_origin[axis] + 1.25 * z * oblique_directions[3 * axis + 2];
  slice.orientation = {0.6, 0.8, 0, -0.48, 0.36, 0.8};
  slice.pixel_spacing = {0.75, 0.5};
  for (int y = 0; y < slice.rows; ++y)
    for (int x = 0; x < slice.columns; ++x)
      slice.stored.push_back(1000 * z + 100 * y + 10 * x - 2000);
  slice.slope = oblique_slope(z);
  slice.intercept = oblique_intercept(z);
  slice.number = z + 1;
  return slice;
}

/// Neither names nor instance numbers tell the order.
inline std::filesystem::path shuffled_name(const std::filesystem::path& folder, int z) {
  return folder / ("IM" + std::to_string((z * 7 + 3) % 11));
}

inline void write_oblique_series(const std::filesystem::path& folder, int slices,
                                 const std::function<void(int, DicomSlice&)>& change = {}) {
  for (int z = 0; z < slices; ++z) {
    DicomSlice slice = oblique_slice(z);
    slice.number = (z * 5 + 2) % 11;
    if (change) change(z, slice);
    write_dicom(shuffled_name(folder, z), slice);
  }
}

/// Says so where DICOM cannot be tested.
inline bool lacks_dicom() {
#ifdef SEG_TEST_DCMTK
  if (std::filesystem::exists(data::plugin_file("dicom"))) return false;
  skip("seg is built without DICOM");
#else
  skip("DCMTK, which writes DICOM for this test, is not here (libdcmtk-dev)");
#endif
  return true;
}

inline bool lacks_dicom_segmentations() {
  if (lacks_dicom()) return true;
  if (std::filesystem::exists(data::plugin_file("dicom_seg"))) return false;
  skip("seg is built without DICOM segmentations");
  return true;
}

#ifndef SEG_TEST_DCMTK
inline void write_dicom(const std::filesystem::path&, const DicomSlice&) {}
inline void write_enhanced_dicom(const std::filesystem::path&, const std::vector<DicomSlice>&) {}
#endif

}  // namespace seg::test
