#include "augment/channel_rows.hpp"

namespace seg::data {
namespace {

Drawn draw_brightness(CountedRandom& random, const ItemFormat& format,
                      const AugmentationTable& table) {
  return draw_factors(random, {table.number("brightness_probability"), table.range("brightness")},
                      format.channels);
}

void scale_brightness(const Items& items, const std::vector<Drawn>& draws) {
  change_channels(items, draws, [](const ChannelRows& channels) {
    channels.rows.flatten(1).mul_(channels.factors());
  });
}

}  // namespace

/// Multiplies each channel by its factor.
Transform brightness() {
  return {"brightness",
          {probability("brightness_probability"),
           {"brightness", 0, 100, "factor, as often below 1 as above"}},
          draw_brightness,
          scale_brightness};
}

}  // namespace seg::data
