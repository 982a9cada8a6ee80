#pragma once

#include <ATen/ATen.h>

#include <utility>
#include <vector>

#include "seg/data/axis_taps.hpp"
#include "seg/plan/labels.hpp"

namespace seg::train {

/// Slices of logits, [outputs, Y, X] on one device, with their shares in a slice of labels.
using WeightedSlices = std::vector<std::pair<at::Tensor, double>>;

/// Logits of a slice: those of the slices added up, and resampled along Y and X, some rows at a
/// time.
/// @returns float32 [outputs, new Y, new X] on the logits' device.
at::Tensor logits_of_slice(const WeightedSlices& slices, const data::AxisTaps& along_y,
                           const data::AxisTaps& along_x);

/// Labels of a slice by operations on whole tensors, for a GPU: the slices' logits are added up,
/// resampled along Y and X and decided, some rows at a time.
/// @param along_y, along_x taps of the label map's axes.
/// @returns int16 [new Y, new X] on the logits' device.
at::Tensor labels_of_slice(const WeightedSlices& slices, const data::AxisTaps& along_y,
                           const data::AxisTaps& along_x, const plan::Labels& labels);

}  // namespace seg::train
