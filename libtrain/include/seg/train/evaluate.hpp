#pragma once

#include <ATen/ATen.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

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
/// reference are left out.
std::vector<Metrics> compare_segmentations(const at::Tensor& prediction,
                                           const at::Tensor& reference, const plan::Labels& labels);

struct EvaluateOptions {
  std::string file_ending = ".nii.gz";
  int threads = 0;
};

/// Compares every label map in `prediction` with its namesake in `reference`: nnU-Net's
/// summary.json (metric_per_case, mean, foreground_mean), returned and, if `output` is given,
/// written.
/// @throws Error when a reference is missing or a shape disagrees.
Json evaluate_folder(const std::filesystem::path& prediction,
                     const std::filesystem::path& reference, const plan::Labels& labels,
                     const EvaluateOptions& options,
                     const std::optional<std::filesystem::path>& output,
                     const Reporter& reporter = {});

}  // namespace seg::train
