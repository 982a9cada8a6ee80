#include <cmath>
#include <numbers>

#include "augment/channel_rows.hpp"

namespace seg::data {
namespace {

// Box and Muller's.
double normal(CountedRandom& random) {
  const double radius = std::sqrt(-2 * std::log(1 - random.uniform(0, 1)));
  return radius * std::cos(random.uniform(0, 2 * std::numbers::pi));
}

Drawn draw_shifts(CountedRandom& random, const ItemFormat& format, const AugmentationTable& table) {
  if (!random.chance(table.number("brightness_shift_probability"))) return {};
  Drawn shifts(static_cast<std::size_t>(format.channels));
  for (auto& channel : shifts)
    if (random.chance(table.number("brightness_shift_channel_probability")))
      channel = {normal(random) * table.number("brightness_shift_sigma")};
  return shifts;
}

void shift_brightness(const Items& items, const std::vector<Drawn>& draws) {
  change_channels(items, draws, [](const ChannelRows& channels) {
    channels.rows.flatten(1).add_(channels.factors());
  });
}

}  // namespace

/// Adds a number to each channel, normally distributed around 0 (batchgeneratorsv2's
/// BrightnessAdditiveTransform).
Transform brightness_shift() {
  return {"brightness_shift",
          {probability("brightness_shift_probability"),
           probability("brightness_shift_channel_probability", "per channel of such an item"),
           {"brightness_shift_sigma", 0, 100, "standard deviation"}},
          draw_shifts,
          shift_brightness};
}

}  // namespace seg::data
