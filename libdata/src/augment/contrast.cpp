#include "augment/channel_rows.hpp"

namespace seg::data {
namespace {

Drawn draw_contrast(CountedRandom& random, const ItemFormat& format,
                    const AugmentationTable& table) {
  return draw_factors(random, {table.number("contrast_probability"), table.range("contrast")},
                      format.channels);
}

void change_contrast(const Items& items, const std::vector<Drawn>& draws) {
  change_channels(items, draws, [](const ChannelRows& channels) {
    at::Tensor flat = channels.rows.flatten(1);
    const at::Tensor mean = flat.mean(1, true);
    const auto [low, high] = flat.aminmax(1, true);
    flat.sub_(mean).mul_(channels.factors()).add_(mean).clamp_(low, high);
  });
}

}  // namespace

/// Stretches each channel around its mean, within the range that it had.
Transform contrast() {
  return {"contrast",
          {probability("contrast_probability"),
           {"contrast", 0, 100, "factor, as often below 1 as above"}},
          draw_contrast,
          change_contrast};
}

}  // namespace seg::data
