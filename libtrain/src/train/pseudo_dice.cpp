#include "seg/train/pseudo_dice.hpp"

#include <cmath>
#include <limits>
#include <numeric>

namespace seg::train {
namespace {

/// Rows: annotated class; columns: predicted class.
at::Tensor confusion_matrix(const at::Tensor& logits, const at::Tensor& target,
                            const LossOptions& options) {
  const auto classes = logits.size(1);
  const at::Tensor labels = target.narrow(1, 0, 1);
  at::Tensor pairs = labels.to(at::kLong) * classes + logits.argmax(1, true);
  if (options.ignore_label) pairs = pairs.masked_select(labels != *options.ignore_label);
  return pairs.flatten().bincount({}, classes * classes).view({classes, classes});
}

at::Tensor count_labels(const at::Tensor& logits, const at::Tensor& target,
                        const LossOptions& options) {
  const auto confusion = confusion_matrix(logits, target, options);
  const auto hits = confusion.diagonal();
  const auto counts = at::stack({hits, confusion.sum(0) - hits, confusion.sum(1) - hits});
  return counts.narrow(1, 1, counts.size(1) - 1);
}

at::Tensor sum_per_region(const at::Tensor& voxels) {
  return voxels.transpose(0, 1).flatten(1).sum(1, false, at::kLong);
}

at::Tensor count_regions(const at::Tensor& logits, const at::Tensor& target,
                         const LossOptions& options) {
  const auto regions = logits.size(1);
  auto predicted = logits > 0, annotated = target.narrow(1, 0, regions).to(at::kBool);
  if (options.ignore_label) {
    const auto valid = target.narrow(1, regions, 1).logical_not();
    predicted = predicted & valid;
    annotated = annotated & valid;
  }
  const auto hits = sum_per_region(predicted & annotated);
  return at::stack({hits, sum_per_region(predicted) - hits, sum_per_region(annotated) - hits});
}

}  // namespace

at::Tensor count_overlap(const at::Tensor& logits, const at::Tensor& target,
                         const LossOptions& options) {
  const auto counts = options.regions ? count_regions(logits, target, options)
                                      : count_labels(logits, target, options);
  return counts.cpu();
}

std::vector<double> pseudo_dice(const at::Tensor& counts) {
  const auto rows = counts.to(at::kDouble);
  const auto hits = 2 * rows[0];
  const auto dice = (hits / (hits + rows[1] + rows[2])).contiguous();
  return {dice.data_ptr<double>(), dice.data_ptr<double>() + dice.numel()};
}

double mean_without_nan(const std::vector<double>& values) {
  double sum = 0;
  int count = 0;
  for (const double value : values)
    if (!std::isnan(value)) sum += value, ++count;
  return count > 0 ? sum / count : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace seg::train
