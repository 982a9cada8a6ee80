#pragma once

#include <ATen/ATen.h>

#include <filesystem>

namespace seg::data {

bool is_tiff(const std::filesystem::path& file);

/// All pages of a TIFF file.
struct TiffPages {
  /// As Python's tifffile shapes it: [pages,] [planes,] Y, X [, samples], without those of which
  /// there is one; or the shape that tifffile itself wrote into the file.
  at::Tensor values;
  std::int64_t pages = 1;
  bool has_samples = false;  ///< the last axis holds the colours of a pixel
};

/// @throws Error for a file that is damaged, pages of unequal size (named), and voxels of a kind
/// that is not supported.
TiffPages read_tiff(const std::filesystem::path& file);

}  // namespace seg::data
