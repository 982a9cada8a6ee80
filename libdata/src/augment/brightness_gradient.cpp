#include "augment/channel_rows.hpp"
#include "augment/local_kernel.hpp"

namespace seg::data {
namespace {

// As often darker as brighter. Behind the strength its place.
Drawn draw_gradients(CountedRandom& random, const ItemFormat& format,
                     const AugmentationTable& table) {
  if (!random.chance(table.number("brightness_gradient_probability"))) return {};
  Drawn drawn(static_cast<std::size_t>(format.channels));
  for (auto& channel : drawn) {
    if (!random.chance(table.number("brightness_gradient_channel_probability"))) continue;
    const double sign = random.chance(0.5) ? -1 : 1;
    const double strength = sign * draw_from(random, table.range("brightness_gradient_strength"));
    channel = with_place(strength, draw_local_place(random, format.patch));
  }
  return drawn;
}

void add_gradients(const Items& items, const std::vector<Drawn>& draws) {
  change_channels(items, draws, [](const ChannelRows& channels) {
    for (std::size_t i = 0; i < channels.drawn.size(); ++i) {
      const at::Tensor row = channels.rows[static_cast<std::int64_t>(i)];
      const at::Tensor kernel = local_kernel(row.sizes(), place_in(channels.drawn[i]));
      row.add_(kernel.to(row.device()), channels.drawn[i].at(0));
    }
  });
}

}  // namespace

/// Adds a wide Gaussian to each channel (batchgeneratorsv2's BrightnessGradientAdditiveTransform).
Transform brightness_gradient() {
  return {"brightness_gradient",
          {probability("brightness_gradient_probability"),
           probability("brightness_gradient_channel_probability", "per channel of such an item"),
           {"brightness_gradient_strength", 0, 1000, "at its centre, as often negative"}},
          draw_gradients,
          add_gradients};
}

}  // namespace seg::data
