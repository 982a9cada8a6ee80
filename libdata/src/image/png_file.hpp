#pragma once

#include <ATen/ATen.h>

#include <filesystem>

namespace seg::data {

bool is_png(const std::filesystem::path& file);

/// A PNG as Python's Pillow gives it, [Y, X, samples] (uint8 or uint16): palettes are looked up,
/// one bit stays 0 and 1, two and four bits are spread to 255, a transparent colour becomes a
/// sample more. Read with libpng itself, as ITK's reader ends the program for some damaged headers.
/// @throws Error for a damaged file, saying what libpng says.
at::Tensor read_png(const std::filesystem::path& file);

}  // namespace seg::data
