#include "augment/equal_axes.hpp"
#include "augment/transform.hpp"

namespace seg::data {
namespace {

// How many quarter turns, and from which axis towards which.
Drawn draw_quarter_turns(CountedRandom& random, const ItemFormat& format,
                         const AugmentationTable& table) {
  if (!random.chance(table.number("rot90_probability"))) return {};
  const auto axes = equal_axes(format.patch);
  if (axes.empty()) return {};
  const auto last = static_cast<std::int64_t>(axes.size()) - 1;
  const std::int64_t times = random.integer(0, 3), first = random.integer(0, last);
  std::int64_t second = random.integer(0, last - 1);
  if (second >= first) ++second;
  const auto [low, high] = std::minmax(first, second);
  if (times == 0) return {};
  return {{static_cast<double>(times), static_cast<double>(axes[static_cast<std::size_t>(low)]),
           static_cast<double>(axes[static_cast<std::size_t>(high)])}};
}

void turn_items(const Items& items, const std::vector<Drawn>& draws) {
  for (std::size_t i = 0; i < draws.size(); ++i) {
    if (draws[i].empty()) continue;
    const auto& drawn = draws[i][0];
    const auto dimension = [&](std::size_t n) {
      return static_cast<std::int64_t>(drawn.at(n)) + 1;
    };
    for (const auto& batch : {items.data, items.seg}) {
      const at::Tensor item = batch[static_cast<std::int64_t>(i)];
      item.copy_(at::rot90(item, dimension(0) - 1, {dimension(1), dimension(2)}));
    }
  }
}

}  // namespace

/// Quarter turns of images and labels between two axes of equal extent (batchgeneratorsv2's
/// Rot90Transform).
Transform rot90() {
  return {"rot90", {probability("rot90_probability")}, draw_quarter_turns, turn_items};
}

}  // namespace seg::data
