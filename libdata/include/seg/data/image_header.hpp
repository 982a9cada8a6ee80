#pragma once

#include <array>
#include <filesystem>
#include <optional>

#include "seg/data/image.hpp"

namespace seg::data {

/// What a file says of its voxels.
struct ImageHeader {
  std::array<std::int64_t, 4> shape{};  ///< C, Z, Y, X in the order of the file
  std::array<double, 3> spacing{};      ///< in array order [Z, Y, X], as Geometry::array_spacing()
};

/// Looks at a file without reading its voxels; of a DICOM series at its first file.
/// @returns nothing for one that cannot be read; reading it says why.
std::optional<ImageHeader> read_image_header(const std::filesystem::path& file);

/// @throws Error that says why, where headers (of a DICOM series all) are enough to tell that a
/// file cannot be read.
void check_image_header(const std::filesystem::path& file);

/// Of several channels: their sum, and the first's grid.
std::optional<ImageHeader> read_image_header(const std::vector<std::filesystem::path>& channels);

/// Bytes that it takes at most to read a scan and a label map of this size and to crop both.
std::int64_t reading_memory(const ImageHeader& scan);

}  // namespace seg::data
