#pragma once

#include <ATen/ATen.h>

#include <filesystem>
#include <optional>

#include "seg/data/image.hpp"

namespace seg::train {

/// A scan and label maps on its grid, all [Z, Y, X].
struct OverlayInput {
  at::Tensor scan;         ///< any numbers; shown in grey between the 0.5th and 99.5th percentile
  at::Tensor labels;       ///< integers; shown as translucent colours, 0 not at all
  at::Tensor reference{};  ///< integers or undefined; shown as outlines in the same colours
  data::Geometry geometry{};
};

/// Draws one slice in each of the three planes (only the first for a single slice), side by side:
/// the slice in which the largest structure is widest. The patient's head and nose point upwards,
/// and a millimetre has the same length everywhere. Without a reference the labels are outlined.
/// @returns uint8 [Y, X, 3], each panel up to `panel_size` pixels high and wide.
/// @throws Error when shapes disagree.
at::Tensor overlay_picture(const OverlayInput& input, std::int64_t panel_size = 384);

struct OverlayFiles {
  std::filesystem::path scan;  ///< one channel
  std::filesystem::path labels;
  std::optional<std::filesystem::path> reference;
};

/// Reads the files and writes the picture as PNG.
void write_overlay(const std::filesystem::path& picture, const OverlayFiles& files);

}  // namespace seg::train
