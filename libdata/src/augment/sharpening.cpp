#include "augment/channel_rows.hpp"

namespace seg::data {
namespace {

Drawn draw_sharpening(CountedRandom& random, const ItemFormat& format,
                      const AugmentationTable& table) {
  if (!random.chance(table.number("sharpening_probability"))) return {};
  Drawn drawn(static_cast<std::size_t>(format.channels));
  for (auto& channel : drawn)
    if (random.chance(table.number("sharpening_channel_probability")))
      channel = {draw_from(random, table.range("sharpening_strength"))};
  return drawn;
}

// Each voxel minus its two neighbours along an axis, the outermost voxel being its own neighbour.
at::Tensor curvature(const at::Tensor& rows, std::int64_t axis) {
  const std::int64_t size = rows.size(axis);
  const at::Tensor before =
      at::cat({rows.narrow(axis, 0, 1), rows.narrow(axis, 0, size - 1)}, axis);
  const at::Tensor behind =
      at::cat({rows.narrow(axis, 1, size - 1), rows.narrow(axis, size - 1, 1)}, axis);
  return 2 * rows - before - behind;
}

void sharpen(const Items& items, const std::vector<Drawn>& draws) {
  change_channels(items, draws, [](const ChannelRows& channels) {
    at::Tensor edges = curvature(channels.rows, 1);
    for (std::int64_t axis = 2; axis < channels.rows.dim(); ++axis)
      edges = edges + curvature(channels.rows, axis);
    channels.rows.flatten(1).addcmul_(edges.flatten(1), channels.factors());
  });
}

}  // namespace

/// Adds the negative Laplacian, borders repeated (batchgeneratorsv2's SharpeningTransform).
Transform sharpening() {
  return {"sharpening",
          {probability("sharpening_probability"),
           probability("sharpening_channel_probability", "per channel of such an item"),
           {"sharpening_strength", 0, 100, "times the negative Laplacian"}},
          draw_sharpening,
          sharpen};
}

}  // namespace seg::data
