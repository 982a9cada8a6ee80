#pragma once

#include <ATen/ATen.h>

#include <array>
#include <vector>

#include "seg/train/overlay.hpp"

namespace seg::train {

/// One plane on its way to a picture: [rows, columns] each.
struct Panel {
  at::Tensor grey;      ///< 0 to 255
  at::Tensor labels;    ///< float32, filled in translucently; 0 not at all
  at::Tensor outlined;  ///< float32, outlined; 0 not at all
};

/// A volume's grey levels, 0 to 255, between its 0.5th and 99.5th percentile.
at::Tensor grey_levels(const at::Tensor& scan);

Panel resized(const Panel& panel, std::array<std::int64_t, 2> size);

/// RGB float32 [rows, columns, 3], 0 to 255.
at::Tensor painted(const Panel& panel);

/// Painted panels from left to right, centred, black between them: uint8 [rows, columns, 3].
at::Tensor side_by_side(const std::vector<at::Tensor>& panels);

/// A length as a number of pixels: rounded, at least 1.
std::int64_t pixels(double length);

/// @throws Error when label maps have another shape than the scan.
void check_shapes(const OverlayInput& input);

}  // namespace seg::train
