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

/// From `first` up to, not with, `end`.
struct Interval {
  std::int64_t first = 0, end = 0;
  std::int64_t size() const { return end - first; }
};

/// Fewer voxels show nothing of what lies around.
constexpr std::int64_t least_voxels_shown = 32;

/// Of a line of booleans, where it is true; all of it where it never is.
Interval extent(const at::Tensor& line);

/// A third of its size more on either side, and at least `least` in all, within [0, whole).
Interval widened(const Interval& range, std::int64_t least, std::int64_t whole);

/// Between which values a scan is shown from black to white.
struct GreyRange {
  double low = 0, high = 1;
  /// 0 to 255, float32.
  at::Tensor levels(const at::Tensor& values) const;
};

/// A volume's 0.5th and 99.5th percentile, of at most about a million of its voxels.
GreyRange grey_range(const at::Tensor& scan);

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
