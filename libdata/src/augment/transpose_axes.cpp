#include <numeric>

#include "augment/equal_axes.hpp"
#include "augment/transform.hpp"

namespace seg::data {
namespace {

// For each axis of the result the one that it is taken from.
Drawn draw_order(CountedRandom& random, const ItemFormat& format, const AugmentationTable& table) {
  if (!random.chance(table.number("transpose_probability"))) return {};
  const auto axes = equal_axes(format.patch);
  std::vector<double> order(format.patch.size());
  std::iota(order.begin(), order.end(), 0);
  for (auto i = static_cast<std::int64_t>(axes.size()) - 1; i > 0; --i) {
    const auto other = static_cast<std::size_t>(random.integer(0, i));
    std::swap(order[static_cast<std::size_t>(axes[static_cast<std::size_t>(i)])],
              order[static_cast<std::size_t>(axes[other])]);
  }
  return axes.empty() ? Drawn{} : Drawn{order};
}

void reorder_items(const Items& items, const std::vector<Drawn>& draws) {
  for (std::size_t i = 0; i < draws.size(); ++i) {
    if (draws[i].empty()) continue;
    std::vector<std::int64_t> dimensions{0};
    for (const double axis : draws[i][0]) dimensions.push_back(static_cast<std::int64_t>(axis) + 1);
    for (const auto& batch : {items.data, items.seg}) {
      const at::Tensor item = batch[static_cast<std::int64_t>(i)];
      item.copy_(item.permute(dimensions).clone());
    }
  }
}

}  // namespace

/// Axes of equal extent of images and labels in another order (batchgeneratorsv2's
/// TransposeAxesTransform).
Transform transpose_axes() {
  return {"transpose_axes", {probability("transpose_probability")}, draw_order, reorder_items};
}

}  // namespace seg::data
