#include "augment/previous_stage.hpp"

#include <numeric>

namespace seg::data {

std::vector<std::int64_t> draw_labels(CountedRandom& random, std::int64_t labels,
                                      double probability) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(labels));
  std::iota(order.begin(), order.end(), 0);
  for (std::int64_t i = labels - 1; i > 0; --i)
    std::swap(order[static_cast<std::size_t>(i)],
              order[static_cast<std::size_t>(random.integer(0, i))]);
  std::erase_if(order, [&](std::int64_t) { return !random.chance(probability); });
  return order;
}

void change_previous(const Items& items, const std::vector<Drawn>& draws,
                     void (*change)(const at::Tensor& one_hot, const std::vector<double>& drawn)) {
  for (std::size_t item = 0; item < draws.size(); ++item)
    for (const auto& drawn : draws[item])
      change(items.previous[static_cast<std::int64_t>(item)], drawn);
}

}  // namespace seg::data
