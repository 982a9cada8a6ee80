#include <algorithm>
#include <map>

#include "augment/channel_rows.hpp"

namespace seg::data {
namespace {

// The spatial axes to flip, 0 first. Every axis is drawn, so that leaving out one changes no other.
Drawn draw_mirror_axes(CountedRandom& random, const ItemFormat& format,
                       const AugmentationTable& table) {
  std::vector<double> axes;
  for (int axis = 0; axis < format.axes; ++axis)
    if (random.chance(table.number("mirror_probability")) &&
        std::ranges::count(format.mirror_axes, axis) > 0)
      axes.push_back(axis);
  return axes.empty() ? Drawn{} : Drawn{axes};
}

void flip_items(const Items& items, const std::vector<Drawn>& draws) {
  std::map<Drawn, Rows> items_by_axes;
  for (std::size_t i = 0; i < draws.size(); ++i)
    if (!draws[i].empty()) items_by_axes[draws[i]].push_back(static_cast<std::int64_t>(i));
  for (const auto& [drawn, rows] : items_by_axes) {
    std::vector<std::int64_t> dimensions;
    for (const double axis : drawn[0]) dimensions.push_back(static_cast<std::int64_t>(axis) + 2);
    for (const auto& batch : {items.data, items.seg})
      put_rows(batch, rows, take_rows(batch, rows).flip(dimensions));
  }
}

}  // namespace

/// Flips images and labels along axes.
Transform mirror() {
  return {"mirror", {probability("mirror_probability", "per axis")}, draw_mirror_axes, flip_items};
}

}  // namespace seg::data
