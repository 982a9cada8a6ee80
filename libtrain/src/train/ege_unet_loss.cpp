#include <numeric>

#include "seg/train/losses.hpp"
#include "seg/train/whole_batch.hpp"

namespace seg::train {
namespace {

/// What is true, [B, R, ...] bool, and which voxels count, [B, 1, ...] bool (undefined: all).
struct Truth {
  at::Tensor regions, valid;
};

at::Tensor where_valid(const at::Tensor& values, const Truth& truth) {
  return truth.valid.defined() ? values * truth.valid : values;
}

at::Tensor sum_of_each_item(const at::Tensor& values) {
  std::vector<std::int64_t> axes(values.dim() - 2);
  std::iota(axes.begin(), axes.end(), 2);
  return values.sum(axes);
}

at::Tensor binary_loss(const at::Tensor& logits, const Truth& truth, data::Ranks* ranks) {
  const auto target = truth.regions.to(at::kFloat);
  const auto losses =
      at::binary_cross_entropy_with_logits(logits, target, {}, {}, at::Reduction::None);
  const auto cross_entropy =
      truth.valid.defined()
          ? sum_of_ranks(where_valid(losses, truth).sum(), ranks) /
                (sum_of_ranks(truth.valid.sum(), ranks) * target.size(1)).clamp_min(1)
          : mean_of_ranks(losses, ranks);
  const auto predicted = where_valid(logits.sigmoid(), truth);
  const auto expected = where_valid(target, truth);
  const auto dice = (2 * sum_of_each_item(predicted * expected) + 1) /
                    (sum_of_each_item(predicted) + sum_of_each_item(expected) + 1);
  return cross_entropy + 1 - mean_of_ranks(dice, ranks);
}

Truth regions_of(const at::Tensor& target, std::int64_t regions, const LossOptions& options) {
  Truth truth{target.narrow(1, 0, regions), {}};
  if (options.ignore_label) truth.valid = target.narrow(1, regions, 1).logical_not();
  return truth;
}

Truth foreground_of(const at::Tensor& target, std::int64_t outputs, const LossOptions& options) {
  if (options.regions) {
    auto truth = regions_of(target, outputs, options);
    truth.regions = truth.regions.any(1, true);
    return truth;
  }
  Truth truth{target > 0, {}};
  if (options.ignore_label) truth.valid = target != *options.ignore_label;
  return truth;
}

}  // namespace

at::Tensor ege_unet_loss(const std::vector<at::Tensor>& logits, const at::Tensor& target,
                         const LossOptions& options) {
  const auto outputs = logits.front().size(1);
  at::Tensor total = options.regions
                         ? binary_loss(logits.front().to(at::kFloat),
                                       regions_of(target, outputs, options), options.ranks)
                         : head_loss(logits.front(), target, options);
  const auto foreground = foreground_of(target, outputs, options);
  for (std::size_t i = 1; i < logits.size(); ++i) {
    const double weight = 0.1 * static_cast<double>(logits.size() - i);
    total = total + binary_loss(logits[i].to(at::kFloat), foreground, options.ranks) * weight;
  }
  return total;
}

}  // namespace seg::train
