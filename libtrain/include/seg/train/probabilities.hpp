#pragma once

#include <ATen/ATen.h>

#include <filesystem>

namespace seg::train {

/// Writes class probabilities, float32 [outputs, Z, Y, X], as the array `probabilities` of a
/// compressed NumPy .npz, as nnU-Net does; atomically.
void write_probabilities(const std::filesystem::path& file, const at::Tensor& probabilities);

/// Reads such a file, ours or nnU-Net's. The array is float32 in memory that belongs to it.
/// @throws Error for a file that is no .npz or has no `probabilities`.
at::Tensor read_probabilities(const std::filesystem::path& file);

}  // namespace seg::train
