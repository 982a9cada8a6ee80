#pragma once

#include "predict/label_stream.hpp"
#include "seg/train/export.hpp"
#include "seg/train/sliding_window.hpp"

namespace seg::train {

/// What a preprocessed scan is segmented into.
struct SegmentOptions {
  SlidingWindowOptions window;
  std::vector<data::TargetGrid> grids;
  plan::Labels labels;
  ScoreSink scores{};  ///< takes the logits on the first grid, if it is set
};

/// Labels of a preprocessed scan on each grid, int16 [Z, Y, X]: sliding_window() and LabelStream
/// work together, so that the logits of a whole scan are never in memory (except where cubic
/// resampling needs them).
std::vector<at::Tensor> segment_scan(const Networks& networks, const at::Tensor& data,
                                     const SegmentOptions& options);

/// The same from logits that are there: float32 [outputs, Z, Y, X].
std::vector<at::Tensor> labels_on_grids(const at::Tensor& logits, const SegmentOptions& options);

}  // namespace seg::train
