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

/// Of a mapped file: how long it was. What another program cuts off of it is no longer there to be
/// read, and reading it would end the program.
struct MappedFile {
  std::filesystem::path file;
  std::uintmax_t size = 0;
};
MappedFile mapped_file(const std::filesystem::path& file);
/// @throws Error when the file is shorter now. A file that was removed or replaced can be read on.
void require_whole(const MappedFile& mapped);

/// Has the system read a mapped array from its file now, while the caller goes on.
void read_ahead(const at::Tensor& mapped);

}  // namespace seg::data
