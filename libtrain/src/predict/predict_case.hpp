#pragma once

#include "seg/data/cases.hpp"
#include "seg/data/preprocess.hpp"
#include "seg/train/model.hpp"
#include "seg/train/predictor.hpp"
#include "seg/train/sliding_window.hpp"

namespace seg::train {

/// What all cases of a run share.
struct PredictionRun {
  Model model;
  std::filesystem::path output;
  PredictOptions options;
  SlidingWindowOptions window;
  data::ImageReader reader{};

  /// OUTPUT/<case><ending>.
  std::filesystem::path file(const std::string& name, const std::string& ending) const {
    return output / (name + ending);
  }
};

/// A case between two steps: `array` is the network's input [C, Z, Y, X], then its logits if
/// probabilities are asked for; `labels` is what is written.
struct CaseInWork {
  std::string name;
  at::Tensor array, labels;
  data::CaseProperties properties;
};

/// Reads and preprocesses a scan, with the previous stage's labels as further channels in a
/// cascade.
CaseInWork prepare_case(const PredictionRun& run, const data::Case& scan, const Reporter& reporter);

/// Replaces the input by what the networks make of it, averaged over folds.
CaseInWork segment_case(const PredictionRun& run, CaseInWork prepared);

/// Writes label map and, if asked for, probabilities. @returns the case's name.
std::string write_case(const PredictionRun& run, const CaseInWork& segmented);

}  // namespace seg::train
