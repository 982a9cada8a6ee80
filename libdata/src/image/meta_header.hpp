#pragma once

#include <ATen/ATen.h>

#include <filesystem>

namespace seg::data {

/// Fills voxels (contiguous) from a MetaImage whose voxels are packed; ITK would leave what a
/// damaged stream lacks as it was in memory. False for one whose voxels are not packed.
/// @throws Error for a damaged stream, and one of another length.
bool read_packed_meta_voxels(const std::filesystem::path& file, at::Tensor& voxels);

}  // namespace seg::data
