#include "augment/gamma.hpp"

#include <algorithm>

namespace seg::data {
namespace {

template <bool inverted>
Drawn draw_gamma(CountedRandom& random, const ItemFormat& format, const AugmentationTable& table) {
  const auto* chance = inverted ? "gamma_inverted_probability" : "gamma_probability";
  Drawn drawn = draw_factors(random, {table.number(chance), table.range("gamma")}, format.channels);
  if (!inverted && random.chance(table.number("gamma_negation_probability")))
    for (auto& channel : drawn) channel.push_back(-1);
  return drawn;
}

// The second number of each row, or 1.
at::Tensor signs(const ChannelRows& channels) {
  std::vector<double> of_rows;
  for (const auto& row : channels.drawn) of_rows.push_back(row.size() > 1 ? row[1] : 1);
  return at::tensor(of_rows, at::kFloat).unsqueeze(1).to(channels.rows.device(), true);
}

bool any_is_negated(const ChannelRows& channels) {
  return std::ranges::any_of(channels.drawn, [](const auto& row) { return row.size() > 1; });
}

void apply_with_signs(const ChannelRows& channels) {
  at::Tensor flat = channels.rows.flatten(1);
  const at::Tensor sign = signs(channels);
  flat.mul_(sign);
  apply_gamma(channels, {});
  flat.mul_(sign);
}

template <bool inverted>
void apply_gammas(const Items& items, const std::vector<Drawn>& draws) {
  change_channels(items, draws, [](const ChannelRows& channels) {
    if (any_is_negated(channels))
      apply_with_signs(channels);
    else
      apply_gamma(channels, {.invert = inverted});
  });
}

const AugmentationParameter power{"gamma", 0.01, 100, "power, as often below 1 as above"};

}  // namespace

void apply_gamma(const ChannelRows& channels, const GammaOptions& options) {
  const double smallest = 1e-7;
  at::Tensor flat = channels.rows.flatten(1);
  if (options.invert) flat.neg_();
  const auto [low, high] = flat.aminmax(1, true);
  const auto [deviation, mean] = at::std_mean(flat, 1, 1, true);
  const at::Tensor range = high - low;
  flat.sub_(low).div_(range.clamp_min(smallest)).pow_(channels.factors()).mul_(range).add_(low);
  if (options.retain_stats) {
    const auto [new_deviation, new_mean] = at::std_mean(flat, 1, 1, true);
    flat.sub_(new_mean).mul_(deviation / new_deviation.clamp_min(smallest)).add_(mean);
  }
  if (options.invert) flat.neg_();
}

/// Gamma correction of the negated image.
Transform gamma_inverted() {
  return {"gamma_inverted",
          {probability("gamma_inverted_probability"), power},
          draw_gamma<true>,
          apply_gammas<true>};
}

Transform gamma() {
  return {"gamma",
          {probability("gamma_probability"),
           probability("gamma_negation_probability", "of the negated image, too"), power},
          draw_gamma<false>,
          apply_gammas<false>};
}

}  // namespace seg::data
