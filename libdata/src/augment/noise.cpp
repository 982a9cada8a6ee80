#include <ATen/Generator.h>

#include <mutex>

#include "augment/transform.hpp"

namespace seg::data {
namespace {

at::Generator seeded_generator(at::Device device, std::uint64_t seed) {
  at::Generator shared = at::globalContext().defaultGenerator(device);
  const std::lock_guard lock(shared.mutex());
  at::Generator own = shared.clone();
  own.set_current_seed(seed);
  return own;
}

// Standard deviation and seed; a double holds whole numbers of 53 bits.
Drawn draw_noise(CountedRandom& random, const ItemFormat&, const AugmentationTable& table) {
  if (!random.chance(table.number("noise_probability"))) return {};
  const double sigma = draw_from(random, table.range("noise_sigma"));
  return {{sigma, static_cast<double>(random.seed() >> 11)}};
}

// The seed alone decides an item's noise, on one kind of device.
void add_noise(const Items& items, const std::vector<Drawn>& draws) {
  for (std::size_t i = 0; i < draws.size(); ++i) {
    if (draws[i].empty()) continue;
    at::Tensor item = items.data[static_cast<std::int64_t>(i)];
    const auto seed = static_cast<std::uint64_t>(draws[i][0].at(1));
    item.add_(
        at::empty_like(item).normal_(0, draws[i][0][0], seeded_generator(item.device(), seed)));
  }
}

}  // namespace

/// Gaussian noise with one standard deviation for all channels of an item.
Transform noise() {
  return {"noise",
          {probability("noise_probability"), {"noise_sigma", 0, 100, "standard deviation"}},
          draw_noise,
          add_noise};
}

}  // namespace seg::data
