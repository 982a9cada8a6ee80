#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "seg/train/failure.hpp"
#include "seg/train/predictor.hpp"

namespace seg::train {

/// A scan that is to be segmented, and where its label map goes.
struct ListedScan {
  std::filesystem::path scan;                 ///< of its channels any one; the others lie beside it
  std::optional<std::filesystem::path> file;  ///< empty: OUTPUT/<case><ending>
};

/// What became of it.
struct ListedResult {
  std::string name;            ///< of the case; empty if the scan was not found
  std::filesystem::path file;  ///< that was written
  /// What lay beside an earlier segmentation of this name and is not made now.
  std::vector<std::filesystem::path> removed;
  double seconds = 0;  ///< reading, segmenting and writing
  std::optional<ErrorKind> failure;
  std::string problem;  ///< one line, for a failure
};

/// Segments scans as they come, with a model that stays loaded: `next` waits for a scan (nothing:
/// the end), `done` hears of each one before the next is asked for. Label maps are as predict()
/// makes them, each with its record in records/ beside it; what is there already is replaced if seg
/// made it of the same scan, else with options.overwrite only. A cascade's first stage leaves no
/// files. Of the options, folds, checkpoint, mirroring, step_size, orientation, output_type, those
/// of the labels that are written, overwrite and those of the machine count.
/// @throws Error when the model cannot be loaded; a scan that fails is told to `done`.
void predict_listed(const std::filesystem::path& model, const std::filesystem::path& output,
                    const PredictOptions& options,
                    const std::function<std::optional<ListedScan>()>& next,
                    const std::function<void(const ListedScan&, const ListedResult&)>& done,
                    const Reporter& reporter = {});

}  // namespace seg::train
