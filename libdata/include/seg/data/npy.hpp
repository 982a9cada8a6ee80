#pragma once

#include <ATen/ATen.h>

#include <filesystem>

namespace seg::data {

/// Writes a CPU tensor as NumPy .npy (version 1.0, C order, little endian; data starts at a
/// multiple of 64), atomically.
void write_npy(const std::filesystem::path& file, const at::Tensor& array);

/// Maps a .npy file: the tensor's memory is the file (private mapping), so only what is touched is
/// read. The file stays mapped as long as the tensor lives. Do not write to it.
/// @throws Error for a truncated file, Fortran order or an unknown dtype.
at::Tensor map_npy(const std::filesystem::path& file);

}  // namespace seg::data
