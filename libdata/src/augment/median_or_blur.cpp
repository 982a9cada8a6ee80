#include <cmath>

#include "augment/blur.hpp"
#include "augment/channel_rows.hpp"
#include "augment/median.hpp"

namespace seg::data {
namespace {

constexpr double kMedian = 0, kGaussian = 1;

// For a channel its kind, and the size or the sigma.
Drawn draw_smoothing(CountedRandom& random, const ItemFormat& format,
                     const AugmentationTable& table) {
  const double kind = random.chance(0.5) ? kMedian : kGaussian;
  if (!random.chance(table.number("smoothing_probability"))) return {};
  const Range sizes = table.range("smoothing_size");
  Drawn drawn(static_cast<std::size_t>(format.channels));
  for (auto& channel : drawn) {
    if (!random.chance(table.number("smoothing_channel_probability"))) continue;
    channel = {kind, kind == kMedian ? static_cast<double>(random.integer(std::lround(sizes.low),
                                                                          std::lround(sizes.high)))
                                     : draw_from(random, table.range("smoothing_sigma"))};
  }
  return drawn;
}

void smooth_row(const at::Tensor& row, const std::vector<double>& drawn) {
  if (drawn.at(0) == kMedian) {
    row.copy_(median_filtered(row, static_cast<std::int64_t>(drawn.at(1))));
    return;
  }
  const Drawn sigmas{std::vector<double>(static_cast<std::size_t>(row.dim()), drawn.at(1))};
  blur_rows({row.unsqueeze(0), sigmas});
}

void smooth_channels(const Items& items, const std::vector<Drawn>& draws) {
  change_channels(items, draws, [](const ChannelRows& channels) {
    for (std::size_t i = 0; i < channels.drawn.size(); ++i)
      smooth_row(channels.rows[static_cast<std::int64_t>(i)], channels.drawn[i]);
  });
}

}  // namespace

/// As often a median filter as a Gaussian blur, before noise is added (nnUNetTrainerDA5).
Transform median_or_blur() {
  return {"median_or_blur",
          {probability("smoothing_probability"),
           probability("smoothing_channel_probability", "per channel of such an item"),
           {"smoothing_size", 1, 15, "voxels along each axis of the median filter, whole numbers"},
           {"smoothing_sigma", 0.01, 100, "voxels, one for all axes of the blur"}},
          draw_smoothing,
          smooth_channels};
}

}  // namespace seg::data
