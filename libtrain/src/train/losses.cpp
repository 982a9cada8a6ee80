#include "seg/train/losses.hpp"

#include <algorithm>
#include <numeric>

namespace seg::train {
namespace {

constexpr double kSmooth = 1e-5;

/// What both kinds of loss need: probabilities [B, K, ...] of the classes that Dice counts, where
/// they should be 1 (bool), and which voxels count ([B, 1, ...] bool; undefined: all).
struct Overlap {
  at::Tensor probabilities, truth, valid;
};

at::Tensor masked(const at::Tensor& values, const at::Tensor& valid) {
  return valid.defined() ? values * valid : values;
}

at::Tensor sum_over_space(const at::Tensor& values) {
  std::vector<std::int64_t> axes(values.dim() - 2);
  std::iota(axes.begin(), axes.end(), 2);
  return values.sum(axes, false, at::kFloat);
}

at::Tensor soft_dice(const Overlap& overlap, bool batch_dice) {
  const auto truth = masked(overlap.truth, overlap.valid);
  at::Tensor intersection = sum_over_space(overlap.probabilities * truth);
  at::Tensor predicted = sum_over_space(masked(overlap.probabilities, overlap.valid));
  at::Tensor annotated = sum_over_space(truth);
  if (batch_dice) {
    intersection = intersection.sum(0);
    predicted = predicted.sum(0);
    annotated = annotated.sum(0);
  }
  return ((2 * intersection + kSmooth) / (annotated + predicted + kSmooth).clamp_min(1e-8)).mean();
}

/// Through a gather instead of LibTorch's loss, which is not deterministic on CUDA.
at::Tensor cross_entropy(const at::Tensor& log_probabilities, const at::Tensor& labels,
                         const at::Tensor& valid) {
  const auto losses = -log_probabilities.gather(1, labels);
  if (!valid.defined()) return losses.mean();
  return masked(losses, valid).sum() / valid.sum().clamp_min(1);
}

at::Tensor softmax_loss(const at::Tensor& logits, const at::Tensor& target,
                        const LossOptions& options) {
  at::Tensor labels = target, valid;
  if (options.ignore_label) {
    valid = target != *options.ignore_label;
    labels = target * valid;
  }
  labels = labels.to(at::kLong);
  const auto log_probabilities = logits.log_softmax(1);
  const auto truth = at::zeros_like(logits, at::kBool).scatter_(1, labels, true);
  const auto foreground = logits.size(1) - 1;
  const Overlap overlap{log_probabilities.exp().narrow(1, 1, foreground),
                        truth.narrow(1, 1, foreground), valid};
  return cross_entropy(log_probabilities, labels, valid) - soft_dice(overlap, options.batch_dice);
}

at::Tensor region_loss(const at::Tensor& logits, const at::Tensor& target,
                       const LossOptions& options) {
  const auto regions = logits.size(1);
  at::Tensor truth = target.narrow(1, 0, regions), valid;
  if (options.ignore_label) valid = target.narrow(1, regions, 1).logical_not();
  const auto losses = at::binary_cross_entropy_with_logits(logits, truth.to(at::kFloat), {}, {},
                                                           at::Reduction::None);
  const auto cross_entropy =
      valid.defined() ? masked(losses, valid).sum() / valid.sum().clamp_min(1e-8) : losses.mean();
  return cross_entropy - soft_dice({logits.sigmoid(), truth, valid}, options.batch_dice);
}

}  // namespace

at::Tensor dice_and_cross_entropy(const at::Tensor& logits, const at::Tensor& target,
                                  const LossOptions& options) {
  const auto precise = logits.to(at::kFloat);
  return options.regions ? region_loss(precise, target, options)
                         : softmax_loss(precise, target, options);
}

std::vector<double> deep_supervision_weights(std::size_t heads) {
  std::vector<double> weights(heads);
  for (std::size_t i = 0; i < heads; ++i) weights[i] = 1.0 / static_cast<double>(1ULL << i);
  if (heads > 1) weights.back() = 0;
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (double& weight : weights) weight /= sum;
  return weights;
}

at::Tensor deep_supervision_loss(const std::vector<at::Tensor>& logits,
                                 const std::vector<at::Tensor>& targets,
                                 const LossOptions& options) {
  const auto weights = deep_supervision_weights(targets.size());
  at::Tensor total = dice_and_cross_entropy(logits[0], targets[0], options) * weights[0];
  for (std::size_t i = 1; i < std::min(logits.size(), targets.size()); ++i)
    if (weights[i] != 0)
      total = total + dice_and_cross_entropy(logits[i], targets[i], options) * weights[i];
  return total;
}

}  // namespace seg::train
