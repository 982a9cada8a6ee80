#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace seg::data {

/// A piece of compressed pixels: where it begins in the file, and its bytes.
struct DicomFragment {
  std::uint64_t start = 0, size = 0;
};

/// The pixel data of a DICOM file, by the lengths in the file alone.
struct DicomPixels {
  bool there = false;
  bool encapsulated = false;  ///< in fragments, compressed as a rule
  std::uint64_t bytes = 0;
  std::vector<DicomFragment> fragments;  ///< without the first, which is a table of them
};

/// Walks over the elements of a DICOM file, of sequences too, before a library sees it: GDCM asks
/// for any memory that a length claims, and ends the program where its assertions fail (PS3.5,
/// section 7, has the encoding).
/// @throws Error for a file that ends within an element, a sequence that never ends or lies too
/// deep, an element of no known kind, pixels twice,
/// and deflated data.
DicomPixels check_dicom_structure(const std::filesystem::path& file);

}  // namespace seg::data
