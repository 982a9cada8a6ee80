#include "seg/train/losses.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "seg/plan/error.hpp"
#include "seg/train/whole_batch.hpp"

namespace seg::train {
namespace {

constexpr std::pair<const char*, Loss> kLosses[] = {{"dice_ce", Loss::dice_ce},
                                                    {"dice", Loss::dice},
                                                    {"ce", Loss::ce},
                                                    {"topk", Loss::topk},
                                                    {"dice_topk", Loss::dice_topk},
                                                    {"dice_ce_skeleton", Loss::dice_ce_skeleton},
                                                    {"ege_unet", Loss::ege_unet}};
constexpr std::int64_t kTopShare = 10;  // %

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

at::Tensor sum_of_batch(const at::Tensor& of_items, const LossOptions& options) {
  return sum_of_ranks(of_items.sum(0), options.ranks);
}

/// @param overlaps of each item, or with batch_dice of the batch.
at::Tensor mean_of_batch(const at::Tensor& overlaps, const LossOptions& options) {
  return options.batch_dice ? overlaps.mean() : mean_of_ranks(overlaps, options.ranks);
}

at::Tensor soft_dice(const Overlap& overlap, const LossOptions& options) {
  const auto truth = masked(overlap.truth, overlap.valid);
  at::Tensor intersection = sum_over_space(overlap.probabilities * truth);
  at::Tensor predicted = sum_over_space(masked(overlap.probabilities, overlap.valid));
  at::Tensor annotated = sum_over_space(truth);
  if (options.batch_dice) {
    intersection = sum_of_batch(intersection, options);
    predicted = sum_of_batch(predicted, options);
    annotated = sum_of_batch(annotated, options);
  }
  const double smooth = options.dice_smoothing;
  return mean_of_batch(
      (2 * intersection + smooth) / (annotated + predicted + smooth).clamp_min(1e-8), options);
}

/// As nnU-Net's TopKLoss, ignored voxels count as voxels without loss.
at::Tensor mean_of_largest(const at::Tensor& losses, data::Ranks* ranks) {
  const at::Tensor all = values_of_ranks(losses, ranks);
  const auto count = std::max<std::int64_t>(1, all.numel() * kTopShare / 100);
  return std::get<0>(all.topk(count, 0, true, /*sorted=*/false)).mean();
}

/// @param losses cross-entropy of each voxel.
at::Tensor cross_entropy(const at::Tensor& losses, const at::Tensor& valid,
                         const LossOptions& options) {
  if (options.loss == Loss::topk || options.loss == Loss::dice_topk)
    return mean_of_largest(masked(losses, valid), options.ranks);
  if (!valid.defined()) return mean_of_ranks(losses, options.ranks);
  return sum_of_ranks(masked(losses, valid).sum(), options.ranks) /
         sum_of_ranks(valid.sum(), options.ranks).clamp_min(1);
}

at::Tensor combined(const at::Tensor& losses, const Overlap& overlap, const LossOptions& options) {
  if (options.loss == Loss::dice) return -soft_dice(overlap, options);
  const auto by_voxel = cross_entropy(losses, overlap.valid, options);
  if (options.loss == Loss::ce || options.loss == Loss::topk) return by_voxel;
  return by_voxel - soft_dice(overlap, options);
}

/// Of each voxel, [B, 1, ...].
at::Tensor cross_entropies(const at::Tensor& log_probabilities, const at::Tensor& labels,
                           double smoothing) {
  const at::Tensor of_labels = -log_probabilities.gather(1, labels);
  if (smoothing == 0) return of_labels;
  return of_labels * (1 - smoothing) - log_probabilities.mean(1, true) * smoothing;
}

/// Cross-entropy through a gather instead of LibTorch's loss, which is not deterministic on CUDA.
at::Tensor softmax_loss(const at::Tensor& logits, const at::Tensor& target,
                        const LossOptions& options) {
  at::Tensor labels = target.narrow(1, 0, 1), valid;
  if (options.ignore_label) {
    valid = labels != *options.ignore_label;
    labels = labels * valid;
  }
  labels = labels.to(at::kLong);
  const auto log_probabilities = logits.log_softmax(1);
  const auto truth = at::zeros_like(logits, at::kBool).scatter_(1, labels, true);
  const auto foreground = logits.size(1) - 1;
  const at::Tensor probabilities = log_probabilities.exp();
  const Overlap overlap{probabilities.narrow(1, 1, foreground), truth.narrow(1, 1, foreground),
                        valid};
  const at::Tensor loss = combined(
      cross_entropies(log_probabilities, labels, options.label_smoothing), overlap, options);
  if (options.loss != Loss::dice_ce_skeleton) return loss;
  return loss + options.skeleton_weight *
                    skeleton_recall_loss(probabilities, target.narrow(1, 1, 1), valid, options);
}

at::Tensor region_loss(const at::Tensor& logits, const at::Tensor& target,
                       const LossOptions& options) {
  const auto regions = logits.size(1);
  at::Tensor truth = target.narrow(1, 0, regions), valid;
  if (options.ignore_label) valid = target.narrow(1, regions, 1).logical_not();
  const auto losses = at::binary_cross_entropy_with_logits(logits, truth.to(at::kFloat), {}, {},
                                                           at::Reduction::None);
  return combined(losses, {logits.sigmoid(), truth, valid}, options);
}

/// MIC-DKFZ's program for Skeleton Recall loads a skeleton for the first head alone, and its sum
/// over heads then stops there: its models learned so (first_head_only). Prediction is the same.
std::vector<double> head_weights(const LossOptions& options, std::size_t heads) {
  std::vector<double> weights = deep_supervision_weights(heads);
  if (heads > 1 && options.head_weights.size() >= heads) weights = options.head_weights;
  if (options.first_head_only) std::fill(weights.begin() + 1, weights.end(), 0.0);
  return weights;
}

}  // namespace

std::vector<std::string> loss_names() {
  std::vector<std::string> names;
  for (const auto& [name, loss] : kLosses) names.emplace_back(name);
  return names;
}

Loss loss_named(const std::string& name) {
  for (const auto& [known, loss] : kLosses)
    if (name == known) return loss;
  throw Error("loss \"" + name + "\"", "is not known");
}

at::Tensor head_loss(const at::Tensor& logits, const at::Tensor& target,
                     const LossOptions& options) {
  const auto precise = logits.to(at::kFloat);
  return options.regions ? region_loss(precise, target, options)
                         : softmax_loss(precise, target, options);
}

at::Tensor skeleton_recall_loss(const at::Tensor& probabilities, const at::Tensor& skeleton,
                                const at::Tensor& valid, const LossOptions& options) {
  const auto foreground = probabilities.size(1) - 1;
  const at::Tensor classes = at::zeros_like(probabilities, at::kBool)
                                 .scatter_(1, skeleton.to(at::kLong), true)
                                 .narrow(1, 1, foreground);
  const at::Tensor lines = masked(classes, valid);
  at::Tensor found = sum_over_space(probabilities.narrow(1, 1, foreground) * lines);
  at::Tensor length = sum_over_space(lines);
  if (options.batch_dice) {
    found = sum_of_batch(found, options);
    length = sum_of_batch(length, options);
  }
  const double smooth = options.dice_smoothing;
  return -mean_of_batch((found + smooth) / (length + smooth).clamp_min(1e-8), options);
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
  const auto weights = head_weights(options, targets.size());
  at::Tensor total = head_loss(logits[0], targets[0], options) * weights[0];
  for (std::size_t i = 1; i < std::min(logits.size(), targets.size()); ++i)
    if (weights[i] != 0) total = total + head_loss(logits[i], targets[i], options) * weights[i];
  return total;
}

at::Tensor training_loss(const std::vector<at::Tensor>& logits,
                         const std::vector<at::Tensor>& targets, const LossOptions& options) {
  if (options.loss == Loss::ege_unet) return ege_unet_loss(logits, targets[0], options);
  return deep_supervision_loss(logits, targets, options);
}

}  // namespace seg::train
