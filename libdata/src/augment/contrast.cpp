#include <algorithm>
#include <limits>

#include "augment/channel_rows.hpp"

namespace seg::data {
namespace {

Drawn draw_contrast(CountedRandom& random, const ItemFormat& format,
                    const AugmentationTable& table) {
  Drawn drawn = draw_factors(
      random, {table.number("contrast_probability"), table.range("contrast")}, format.channels);
  const bool keeps_range = random.chance(table.number("contrast_range_probability"));
  for (auto& channel : drawn) {
    if (!keeps_range) channel.push_back(0);
    if (!random.chance(table.number("contrast_channel_probability"))) channel.clear();
  }
  return drawn;
}

// How far below and above the range that it had a channel may reach.
at::Tensor slack(const ChannelRows& channels) {
  std::vector<double> of_rows;
  for (const auto& row : channels.drawn)
    of_rows.push_back(row.size() > 1 ? std::numeric_limits<double>::infinity() : 0);
  return at::tensor(of_rows, at::kFloat).unsqueeze(1).to(channels.rows.device(), true);
}

bool all_keep_their_range(const ChannelRows& channels) {
  return std::ranges::all_of(channels.drawn, [](const auto& row) { return row.size() == 1; });
}

void change_contrast(const Items& items, const std::vector<Drawn>& draws) {
  change_channels(items, draws, [](const ChannelRows& channels) {
    at::Tensor flat = channels.rows.flatten(1);
    const at::Tensor mean = flat.mean(1, true);
    auto [low, high] = flat.aminmax(1, true);
    if (!all_keep_their_range(channels)) {
      low = low - slack(channels);
      high = high + slack(channels);
    }
    flat.sub_(mean).mul_(channels.factors()).add_(mean).clamp_(low, high);
  });
}

}  // namespace

/// Stretches each channel around its mean, within the range that it had unless a second number is
/// drawn for it.
Transform contrast() {
  return {"contrast",
          {probability("contrast_probability"),
           probability("contrast_channel_probability", "per channel of such an item"),
           probability("contrast_range_probability", "such an item keeps its channels' ranges"),
           {"contrast", 0, 100, "factor, as often below 1 as above"}},
          draw_contrast,
          change_contrast};
}

}  // namespace seg::data
