#include "seg/data/augment_labels.hpp"

#include <cmath>

namespace seg::data {
namespace {

// Source voxel of each target voxel along one axis, by PyTorch's single-precision rule.
at::Tensor nearest_exact(std::int64_t from, std::int64_t to, at::Device device) {
  const float scale = static_cast<float>(from) / static_cast<float>(to);
  std::vector<std::int64_t> index;
  for (std::int64_t i = 0; i < to; ++i) {
    const auto source = std::floor((static_cast<float>(i) + 0.5F) * scale);
    index.push_back(std::min(static_cast<std::int64_t>(source), from - 1));
  }
  return at::tensor(index, at::kLong).to(device, /*non_blocking=*/true);
}

at::Tensor downsampled(const at::Tensor& segs, const std::vector<double>& scales) {
  at::Tensor result = segs;
  for (std::size_t i = 0; i < scales.size(); ++i) {
    const auto axis = static_cast<std::int64_t>(i) + 2;
    const std::int64_t from = segs.size(axis);
    const auto to =
        static_cast<std::int64_t>(std::nearbyint(static_cast<double>(from) * scales[i]));
    if (to != from) result = result.index_select(axis, nearest_exact(from, to, segs.device()));
  }
  return result;
}

at::Tensor is_any_of(const at::Tensor& segs, const std::vector<int>& values) {
  at::Tensor result = segs.eq(values.at(0));
  for (std::size_t i = 1; i < values.size(); ++i) result.logical_or_(segs.eq(values[i]));
  return result;
}

}  // namespace

void mask_outside(const at::Tensor& images, const at::Tensor& segs,
                  const std::vector<bool>& use_mask) {
  for (std::size_t c = 0; c < use_mask.size(); ++c)
    if (use_mask[c])
      images.select(1, static_cast<std::int64_t>(c)).masked_fill_(segs.select(1, 0).lt(0), 0);
}

at::Tensor region_channels(const at::Tensor& segs, const plan::Labels& labels) {
  const at::Tensor values = segs.narrow(1, 0, 1);
  std::vector<at::Tensor> channels;
  for (const auto& region : labels.regions) channels.push_back(is_any_of(values, region));
  if (labels.ignore) channels.push_back(values.eq(*labels.ignore));
  return at::cat(channels, 1);
}

at::Tensor append_one_hot(const at::Tensor& images, const at::Tensor& previous,
                          const plan::Labels& labels) {
  std::vector<at::Tensor> channels{images};
  for (int label : labels.all)
    if (label != 0) channels.push_back(previous.eq(label).to(images.scalar_type()));
  return at::cat(channels, 1);
}

std::vector<at::Tensor> deep_supervision_targets(const at::Tensor& segs,
                                                 const std::vector<std::vector<double>>& scales) {
  std::vector<at::Tensor> targets;
  for (const auto& head : scales) targets.push_back(downsampled(segs, head));
  return targets;
}

}  // namespace seg::data
