#pragma once

#include <ATen/ATen.h>

#include <filesystem>
#include <optional>

#include "seg/data/preprocess.hpp"
#include "seg/plan/experiment.hpp"

namespace seg::train {

/// What is kept of a network's scores.
struct WantedScores {
  bool logits = false, probabilities = false, uncertainty = false;

  bool any() const { return logits || probabilities || uncertainty; }
};

/// What is wanted of them on the scan's own grid, float32; the rest is undefined.
struct ScanScores {
  at::Tensor logits;  ///< [outputs, Z, Y, X]; outside the crop box that of the background 0, others
                      ///< minus infinity
  at::Tensor probabilities;  ///< [outputs, Z, Y, X]; outside the crop box background (regions: 0)
  at::Tensor uncertainty;    ///< [Z, Y, X], see uncertainty_of(); outside the crop box 0
};

/// Puts scores of the cropped scan where they lie in the scan, slice by slice, so that beside what
/// is wanted only a slice is in memory.
class ScoresOnScan {
 public:
  /// @param properties, experiment must outlive this.
  /// @param scratch see data::scratch_array().
  ScoresOnScan(const data::CaseProperties& properties, const plan::Experiment& experiment,
               const WantedScores& wanted, std::optional<std::filesystem::path> scratch);

  /// Logits of slice z of the cropped scan: float32 [outputs, Y, X], on any device.
  void put(std::int64_t z, const at::Tensor& logits);

  const ScanScores& result() const { return scores_; }

 private:
  at::Tensor empty(std::int64_t outputs, double first, double others) const;
  void allocate(std::int64_t outputs);
  at::Tensor slice_of(const at::Tensor& whole, std::int64_t z) const;

  const data::CaseProperties& properties_;
  const plan::Experiment& experiment_;
  WantedScores wanted_;
  std::optional<std::filesystem::path> scratch_;
  ScanScores scores_;
};

}  // namespace seg::train
