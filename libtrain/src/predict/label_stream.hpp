#pragma once

#include <array>
#include <functional>
#include <optional>

#include "predict/label_slice.hpp"
#include "seg/data/axis_taps.hpp"
#include "seg/train/export.hpp"

namespace seg::train {

/// Takes the logits of slice z of a grid: float32 [outputs, Y, X], on any device.
using ScoreSink = std::function<void(std::int64_t z, const at::Tensor& logits)>;

/// Turns logits into labels on a grid while they come, slice by slice: resampled and
/// decided row by row, so that no more than two slices of logits are in memory. On the CPU, where
/// all voxels around a point agree on the class, it is that class; only elsewhere classes are
/// interpolated.
class LabelStream {
 public:
  /// @param shape extent of the preprocessed array.
  /// @returns nothing when the grid's resampling needs the whole volume (cubic).
  static std::optional<LabelStream> start(const std::array<std::int64_t, 3>& shape,
                                          const data::TargetGrid& grid, const plan::Labels& labels);

  /// Takes the next slice: float32 [outputs, Y, X], fastest with the outputs of a voxel side by
  /// side in memory. It is resampled and decided on its own device.
  void add(const at::Tensor& logits);

  /// Whom to tell the resampled logits, slice by slice; all classes are interpolated then.
  void tell_scores(ScoreSink sink) { scores_ = std::move(sink); }

  /// After the last slice: int16 [Z, Y, X].
  const at::Tensor& result() const { return result_; }

 private:
  /// Logits [Y, X, outputs] of a slice and the most likely output of each voxel, int16 [Y, X].
  struct Slice {
    at::Tensor logits, winners;
  };
  struct RowSources;

  LabelStream(const plan::Labels& labels, const std::array<data::AxisTaps, 3>& taps);
  bool is_complete(std::int64_t z) const;
  void write_slice(std::int64_t z);
  void write_slice_from_device(std::int64_t z);
  /// The slice of logits that a tap along Z takes.
  const Slice& source(std::int64_t tap) const;
  RowSources sources_of(std::int64_t z, std::int64_t y) const;
  void write_row(const RowSources& sources, std::int16_t* row) const;
  /// Of slice z: [outputs, Y, X], with the outputs of a voxel side by side in memory.
  at::Tensor resampled_slice(std::int64_t z) const;
  WeightedSlices weighted_slices(std::int64_t z) const;
  /// The resampled logits of a voxel, until the thread's next call.
  const std::vector<float>& scores_at(const RowSources& sources, std::int64_t x) const;

  plan::Labels labels_;
  std::array<data::AxisTaps, 3> taps_;
  at::Tensor result_;
  ScoreSink scores_;
  Slice previous_, current_;
  std::int64_t received_ = 0, written_ = 0;  ///< slices of logits, slices of labels
};

}  // namespace seg::train
