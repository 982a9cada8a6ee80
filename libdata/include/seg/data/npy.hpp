#pragma once

#include <ATen/ATen.h>

#include <filesystem>

namespace seg::data {

/// Writes a tensor (bool, int8/16/32/64, uint8 or float16/32/64) as NumPy .npy (version 1.0, C
/// order, little endian; data starts at a multiple of 64), atomically.
void write_npy(const std::filesystem::path& file, const at::Tensor& array);

/// Maps a .npy file: the tensor's memory is the file (private mapping), so only what is touched is
/// read. The file stays mapped as long as the tensor lives. Do not write to it.
/// Versions 1 to 3 of the format; arrays in Fortran order come back as a transposed view.
/// @throws Error for a missing or truncated file, big-endian data or an unsupported dtype.
at::Tensor map_npy(const std::filesystem::path& file);

/// Has the system read a mapped array from its file now, while the caller goes on.
void read_ahead(const at::Tensor& mapped);

}  // namespace seg::data
