#include <cmath>

#include "augment/channel_rows.hpp"

namespace seg::data {
namespace {

// One scale for all axes of a channel; slices that are moved in-plane only keep their number.
Drawn draw_low_resolution(CountedRandom& random, const ItemFormat& format,
                          const AugmentationTable& table) {
  if (!random.chance(table.number("low_resolution_probability"))) return {};
  Drawn scales(static_cast<std::size_t>(format.channels));
  for (auto& channel : scales) {
    if (!random.chance(table.number("low_resolution_channel_probability"))) continue;
    channel.assign(static_cast<std::size_t>(format.axes),
                   draw_from(random, table.range("low_resolution_scale")));
    if (format.dummy_2d) channel[0] = 1;
  }
  return scales;
}

std::vector<std::int64_t> scaled_shape(at::IntArrayRef shape, const std::vector<double>& scales) {
  std::vector<std::int64_t> smaller;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    const auto extent = static_cast<double>(shape[axis]) * static_cast<float>(scales.at(axis));
    smaller.push_back(static_cast<std::int64_t>(std::nearbyint(extent)));
  }
  return smaller;
}

at::Tensor down_and_up(const at::Tensor& image, const std::vector<double>& scales) {
  const at::IntArrayRef shape = image.sizes().slice(2);
  const auto smaller = scaled_shape(shape, scales);
  if (shape.size() == 2)
    return at::upsample_bilinear2d(at::_upsample_nearest_exact2d(image, smaller), shape, false);
  return at::upsample_trilinear3d(at::_upsample_nearest_exact3d(image, smaller), shape, false);
}

void lower_resolution(const Items& items, const std::vector<Drawn>& draws) {
  change_channels(items, draws, [](const ChannelRows& channels) {
    for (std::size_t i = 0; i < channels.drawn.size(); ++i) {
      const at::Tensor image =
          channels.rows.narrow(0, static_cast<std::int64_t>(i), 1).unsqueeze(0);
      image.copy_(down_and_up(image, channels.drawn[i]));
    }
  });
}

}  // namespace

/// Shrinks each channel by its scale along each axis with nearest neighbours and enlarges it
/// linearly.
Transform low_resolution() {
  return {"low_resolution",
          {probability("low_resolution_probability"),
           probability("low_resolution_channel_probability", "per channel of such an item"),
           {"low_resolution_scale", 0.01, 1, "part of the voxels along each axis"}},
          draw_low_resolution,
          lower_resolution};
}

}  // namespace seg::data
