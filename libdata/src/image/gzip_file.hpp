#pragma once

#include <ATen/ATen.h>

#include <filesystem>

namespace seg::data {

/// Fills `content` (uint8) with the first bytes of a file, unpacked if it is compressed with gzip.
/// False when the file is shorter or damaged.
bool read_unpacked(const std::filesystem::path& file, at::Tensor& content);

/// A part of a file that is packed by zlib or gzip.
struct PackedPart {
  std::filesystem::path file;
  std::uint64_t start = 0, size = 0;
};
/// Fills a contiguous tensor's memory. False when the part is damaged or stands for another length.
bool unpack_part(const PackedPart& part, at::Tensor& content);

/// Bytes (uint8) as a gzip file holds them.
at::Tensor packed_with_gzip(const at::Tensor& content);

/// Writes bytes (uint8), compressed with gzip if the name ends with .gz, in whatever case. @throws
/// Error.
void write_packed(const std::filesystem::path& file, const at::Tensor& content);

}  // namespace seg::data
