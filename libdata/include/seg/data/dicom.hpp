#pragma once

#include <filesystem>
#include <vector>

namespace seg::data {

// DICOM is recognised by content (PS3.10: "DICM" after 128 bytes), not by names.

/// Whether a file is DICOM; a DICOMDIR, which only lists others, is not taken for one.
bool is_dicom_file(const std::filesystem::path& file);

/// The DICOM files directly in a folder, sorted by name, without hidden ones.
std::vector<std::filesystem::path> dicom_files(const std::filesystem::path& folder);

/// Whether there is one at least.
bool holds_dicom(const std::filesystem::path& folder);

}  // namespace seg::data
