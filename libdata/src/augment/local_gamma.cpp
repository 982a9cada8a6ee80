#include "augment/channel_rows.hpp"
#include "augment/local_kernel.hpp"

namespace seg::data {
namespace {

// Behind the power its place.
Drawn draw_local_gammas(CountedRandom& random, const ItemFormat& format,
                        const AugmentationTable& table) {
  if (!random.chance(table.number("local_gamma_probability"))) return {};
  Drawn drawn(static_cast<std::size_t>(format.channels));
  for (auto& channel : drawn) {
    if (!random.chance(table.number("local_gamma_channel_probability"))) continue;
    const char* powers = random.chance(0.5) ? "local_gamma_below_1" : "local_gamma_above_1";
    const double power = draw_from(random, table.range(powers));
    channel = with_place(power, draw_local_place(random, format.patch));
  }
  return drawn;
}

void apply_local_gamma(const at::Tensor& row, const std::vector<double>& drawn) {
  const auto [low, high] = at::aminmax(row);
  const at::Tensor range = high - low;
  const at::Tensor scaled = (row - low) / range.clamp_min(1e-8);
  const at::Tensor kernel = local_kernel(row.sizes(), place_in(drawn)).to(row.device());
  row.copy_(at::lerp(scaled, scaled.pow(drawn.at(0)), kernel).mul_(range).add_(low));
}

void apply_local_gammas(const Items& items, const std::vector<Drawn>& draws) {
  change_channels(items, draws, [](const ChannelRows& channels) {
    for (std::size_t i = 0; i < channels.drawn.size(); ++i)
      apply_local_gamma(channels.rows[static_cast<std::int64_t>(i)], channels.drawn[i]);
  });
}

}  // namespace

/// Gamma correction that fades away from one place (batchgeneratorsv2's LocalGammaTransform).
Transform local_gamma() {
  return {"local_gamma",
          {probability("local_gamma_probability"),
           probability("local_gamma_channel_probability", "per channel of such an item"),
           {"local_gamma_below_1", 0.001, 100, "power, drawn as often as the other"},
           {"local_gamma_above_1", 0.001, 100, "power"}},
          draw_local_gammas,
          apply_local_gammas};
}

}  // namespace seg::data
