#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "seg/data/image_reader.hpp"
#include "seg/data/ranks.hpp"
#include "seg/plan/dataset.hpp"
#include "seg/plan/files.hpp"
#include "seg/plan/labels.hpp"
#include "seg/plan/reporter.hpp"
#include "seg/train/failure.hpp"

namespace seg::train {

/// Overlap of one class in one case. Dice and IoU are NaN when the class is in neither.
struct Metrics {
  double dice = 0, iou = 0;
  double fn = 0, fp = 0, tn = 0, tp = 0, n_pred = 0, n_ref = 0;
  /// What was asked for beside these, by its name in summary.json: see FurtherMetrics.
  std::vector<std::pair<std::string, double>> further{};
};

/// What can be measured beside the overlap. Of a class that is in neither label map volumes and
/// counts of lesions are 0, so that their means are those of all cases; what compares both maps
/// (surfaces, the error of the volume) is NaN there.
struct FurtherMetrics {
  /// "HD", "HD95", "ASSD" (mm) and "NSD" (as "NSD at 2 mm"), see surface_metrics.
  bool hd = false, hd95 = false, assd = false, nsd = false;
  std::vector<double> nsd_tolerances{1};  ///< mm
  /// "volume_pred", "volume_ref" (mm3) and "volume_error": of the volume, as part of the
  /// reference's, which is NaN where that is 0.
  bool volume = false;
  /// Connected parts (full neighbourhood): "lesions_ref", of these "lesions_found", which share a
  /// voxel with the prediction, and "lesions_missed"; "lesions_pred", of these "lesions_false",
  /// which share none with the reference.
  bool lesions = false;

  bool any_surface() const { return hd || hd95 || assd || nsd; }
  bool any() const { return any_surface() || volume || lesions; }
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

/// {CLASS: {METRIC: COUNT}}: how many cases a mean of the summary leaves out, because the metric is
/// not defined there: the class is in neither label map, for distances also where it is in one
/// only, for the error of the volume where the reference lacks it. Entries that would be 0 are not
/// there.
Json cases_left_out(const Json& summary);

/// Why the numbers of a summary may be those of earlier label maps, as a line that names it: a
/// prediction beside it, or a reference, was written more than two seconds after it, or a
/// prediction is gone while others are there. Empty if none was. Copies may have other times, so
/// this is for a warning only.
/// @param summary_file where `summary` was read; need not hold anything that a summary has.
std::string stale_summary(const std::filesystem::path& summary_file, const Json& summary);

/// A summary as a table of comma-separated values: a line for each case and class, and one for each
/// class's mean, whose case is "mean"; for "confidence_95", where the summary has it, one each for
/// "mean low_95" and "mean high_95". NaN is an empty cell.
std::string summary_table(const Json& summary, const plan::Labels& labels);

struct EvaluateOptions {
  std::string file_ending = ".nii.gz";
  int threads = 0;               ///< cases compared at the same time; 0: as many as there are cores
  bool allow_missing = false;    ///< warn of missing predictions; else they are an error
  bool strict_geometry = false;  ///< a prediction that lies elsewhere than its reference is an
                                 ///< error; else a warning
  /// Cases that must be predicted, by name; empty: those that have a reference.
  std::optional<std::vector<std::string>> cases{};
  data::ImageReader reader{};  ///< of label maps: the plan's, where there is one
  FurtherMetrics further{};
  /// Whether the summary gets "confidence_95": of each mean over cases the interval that holds 95 %
  /// of 10 000 means of as many cases, drawn with replacement (percentile bootstrap, seed 0).
  bool confidence = false;
  /// Bytes that the process may take: fewer cases are compared at a time then, and one that takes
  /// more alone is refused; 0: what is free, and such a case is compared alone.
  std::int64_t memory = 0;
  data::Ranks* ranks = nullptr;  ///< that share the cases; the first one writes
};

/// By which label maps in a folder are read: the image reader of plans.json there, else the one
/// that dataset.json asks for, else as the files store them.
data::ImageReader label_map_reader(const std::filesystem::path& folder,
                                   const plan::Dataset& dataset);

/// Label maps that no dataset.json explains.
struct FoundLabels {
  plan::Labels labels;      ///< every value but 0 that the maps hold
  std::string file_ending;  ///< of the first image in the first folder
};
/// Of all that is compared, the references first. Maps that cannot be read are left out: comparing
/// them says why.
/// @throws Error when the first folder holds no image, or another is none.
FoundLabels labels_found(const std::vector<std::filesystem::path>& folders, int jobs,
                         const Reporter& reporter = {});

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

/// Some cases could not be compared, and nothing was written.
class SomeNotEvaluated : public SomeFailed {
 public:
  SomeNotEvaluated(const SomeFailed& failure, const Json& summary_of_others)
      : SomeFailed(failure), others_(std::make_shared<const Json>(summary_of_others)) {}
  /// What the summary would be without them.
  const Json& summary_of_others() const { return *others_; }

 private:
  std::shared_ptr<const Json> others_;  // copies of exceptions must not throw
};

/// Compares every label map in `prediction` with its namesake in `reference`: nnU-Net's
/// summary.json, returned and, if `output` is given, written. Where predictions are missing, the
/// summary names them in an entry of its own, "missing_predictions"; with further metrics it has
/// cases_left_out() as "cases_left_out_of_mean".
/// @throws Error when there is nothing to compare or a prediction is missing; SomeNotEvaluated when
/// a reference is missing, cannot be read or has another shape.
Json evaluate_folder(const ComparedFolders& folders,
                     const std::optional<std::filesystem::path>& output,
                     const Reporter& reporter = {});

/// @throws Error as evaluate_folder() for folders and missing files, without reading images.
void check_folders(const ComparedFolders& folders, const Reporter& reporter = {});

/// What an evaluation writes, either of which may be empty, and what it evaluates: a folder of
/// predictions, or two that are compared, against a folder of references; empty where summaries
/// are compared as they are.
struct EvaluationFiles {
  std::filesystem::path summary, table;
  std::vector<std::filesystem::path> evaluated;
  std::filesystem::path reference;
};

/// @throws Error for files that are there already and are neither an evaluation of the same against
/// the same nor its table: they are somebody's.
void refuse_to_replace_others(const EvaluationFiles& files);

/// Writes files.table, and in records/ beside it what it is a table of.
void write_table(const EvaluationFiles& files, const std::string& text);

}  // namespace seg::train
