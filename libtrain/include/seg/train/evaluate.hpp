#pragma once

#include <ATen/ATen.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "seg/data/image_reader.hpp"
#include "seg/plan/dataset.hpp"
#include "seg/plan/files.hpp"
#include "seg/plan/labels.hpp"
#include "seg/plan/reporter.hpp"

namespace seg::train {

/// Overlap of one class in one case. Dice and IoU are NaN when the class is in neither.
struct Metrics {
  double dice = 0, iou = 0;
  double fn = 0, fp = 0, tn = 0, tp = 0, n_pred = 0, n_ref = 0;
};

/// Metrics of each foreground class (labels or regions); voxels with the ignore label in the
/// reference are left out. One pass over the voxels.
/// @param prediction, reference integers of equal shape, any axes.
std::vector<Metrics> compare_segmentations(const at::Tensor& prediction,
                                           const at::Tensor& reference, const plan::Labels& labels);

/// A prediction and how well it fits its reference.
struct EvaluatedCase {
  std::filesystem::path prediction, reference;
  std::vector<Metrics> metrics{};  ///< per foreground class
};

/// nnU-Net's summary.json: metric_per_case, mean over the cases that have the class, and
/// foreground_mean over classes, which is NaN as soon as one class has no mean.
Json summarize(const std::vector<EvaluatedCase>& cases, const plan::Labels& labels);

struct EvaluateOptions {
  std::string file_ending = ".nii.gz";
  int threads = 0;               ///< cases compared at the same time; 0: as many as there are cores
  bool allow_missing = false;    ///< warn of missing predictions; else they are an error
  bool strict_geometry = false;  ///< a prediction that lies elsewhere than its reference is an
                                 ///< error; else a warning
  /// Cases that must be predicted, by name; empty: those that have a reference.
  std::optional<std::vector<std::string>> cases{};
  data::ImageReader reader{};  ///< of label maps: the plan's, where there is one
};

/// By which label maps in a folder are read: the image reader of plans.json there, else the one
/// that dataset.json asks for, else as the files store them.
data::ImageReader label_map_reader(const std::filesystem::path& folder,
                                   const plan::Dataset& dataset);

/// Segmentations and what they should be.
struct ComparedFolders {
  std::filesystem::path prediction, reference;
  plan::Labels labels{};
  EvaluateOptions options{};
};

/// What the summary would be if each segmentation (int16 [1, Z, Y, X]) were changed first; nothing
/// is written. `change` is called for several cases at the same time.
Json evaluate_changed(const ComparedFolders& folders,
                      const std::function<at::Tensor(const at::Tensor&)>& change,
                      const Reporter& reporter = {});

/// Compares every label map in `prediction` with its namesake in `reference`: nnU-Net's
/// summary.json, returned and, if `output` is given, written. Where predictions are missing, the
/// summary names them in an entry of its own, "missing_predictions".
/// @throws Error when there is nothing to compare, a prediction or a reference is missing, or a
/// shape disagrees.
Json evaluate_folder(const ComparedFolders& folders,
                     const std::optional<std::filesystem::path>& output,
                     const Reporter& reporter = {});

}  // namespace seg::train
