#pragma once

#include <memory>

#include "predict/segment_cases.hpp"
#include "seg/data/cases.hpp"
#include "seg/data/memory.hpp"
#include "seg/train/model.hpp"
#include "seg/train/sliding_window.hpp"

namespace seg::train {

/// What a prediction may take.
struct PredictionMemory {
  std::int64_t most = 0;  ///< see data::memory_to_use()
  WantedScores scores{};
  bool probability_images = false;  ///< whether probabilities are written as images
  std::filesystem::path scratch{};  ///< folder for what does not fit; empty: none
};

/// Lets scans into memory as far as there is room beside the networks.
class ScanAdmission {
 public:
  /// Runs a network on an empty tile where memory is short.
  /// @param model with its networks, on their device; must outlive this.
  /// @throws Error (out_of_memory) when the networks alone take more than there is.
  ScanAdmission(const Model& model, const SlidingWindowOptions& window,
                const PredictionMemory& memory);

  /// Bytes for all scans together.
  std::int64_t memory() const { return budget_.whole(); }

  /// Waits for room; it is given back when the last copy of the result goes. What of a scan would
  /// not fit lies in files: scores, then sums of tiles.
  /// @param dicom_segments of the DICOM Segmentation that will be written of it; 0: none will be.
  /// @throws Error (out_of_memory) with the numbers for a scan that would not fit even alone.
  CaseRoom admit(const data::Case& scan, std::size_t dicom_segments);

 private:
  const Model& model_;
  SlidingWindowOptions window_;
  PredictionMemory memory_;
  data::MemoryBudget budget_;
};

}  // namespace seg::train
