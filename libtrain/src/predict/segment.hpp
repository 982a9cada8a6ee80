#pragma once

#include "seg/train/export.hpp"
#include "seg/train/sliding_window.hpp"

namespace seg::train {

/// What a preprocessed scan is segmented into.
struct SegmentOptions {
  SlidingWindowOptions window;
  TargetGrid grid;
  plan::Labels labels;
};

/// Labels of a preprocessed scan on a grid, int16 [Z, Y, X]: sliding_window() and LabelStream work
/// together, so that the logits of a whole scan are never in memory (except where cubic resampling
/// needs them).
at::Tensor segment_scan(const Networks& networks, const at::Tensor& data,
                        const SegmentOptions& options);

}  // namespace seg::train
