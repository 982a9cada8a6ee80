#pragma once

#include <cstdint>
#include <filesystem>

namespace seg::data {

/// Compares what the header of a NIfTI or MetaImage file promises with what the file holds; ITK
/// makes up what is missing at the end of those two and says nothing.
/// @param voxel_bytes size of all voxels, for headers that do not say it
/// @throws Error for a truncated file.
void require_complete(const std::filesystem::path& file, std::uintmax_t voxel_bytes);

}  // namespace seg::data
