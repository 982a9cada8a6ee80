#include "augment/channel_rows.hpp"

#include <algorithm>

namespace seg::data {
namespace {

at::Tensor row_index(const Rows& rows, at::Device device) {
  return at::tensor(rows, at::kLong).to(device, /*non_blocking=*/true);
}

bool are_adjacent(const Rows& rows) {
  return rows.back() - rows.front() + 1 == static_cast<std::int64_t>(rows.size());
}

double draw_factor(CountedRandom& random, const Range& range) {
  if (range.low < 1 && random.chance(0.5)) return random.uniform(range.low, 1);
  return random.uniform(std::max(range.low, 1.0), range.high);
}

}  // namespace

at::Tensor take_rows(const at::Tensor& all, const Rows& rows) {
  if (!are_adjacent(rows)) return all.index_select(0, row_index(rows, all.device()));
  return all.narrow(0, rows.front(), static_cast<std::int64_t>(rows.size()));
}

void put_rows(const at::Tensor& all, const Rows& rows, const at::Tensor& values) {
  if (!are_adjacent(rows))
    at::Tensor(all).index_copy_(0, row_index(rows, all.device()), values);
  else if (at::Tensor view = take_rows(all, rows); view.data_ptr() != values.data_ptr())
    view.copy_(values);
}

at::Tensor ChannelRows::factors() const {
  std::vector<double> first;
  for (const auto& row : drawn) first.push_back(row.at(0));
  return at::tensor(first, at::kFloat).unsqueeze(1).to(rows.device(), /*non_blocking=*/true);
}

void change_channels(const Items& items, const std::vector<Drawn>& draws,
                     const std::function<void(const ChannelRows&)>& change) {
  Rows rows;
  Drawn drawn;
  for (std::size_t item = 0; item < draws.size(); ++item)
    for (std::size_t channel = 0; channel < draws[item].size(); ++channel) {
      if (draws[item][channel].empty()) continue;
      rows.push_back(static_cast<std::int64_t>(item) * items.data.size(1) +
                     static_cast<std::int64_t>(channel));
      drawn.push_back(draws[item][channel]);
    }
  if (rows.empty()) return;
  const at::Tensor all = items.data.flatten(0, 1), taken = take_rows(all, rows);
  change({taken, drawn});
  put_rows(all, rows, taken);
}

Drawn draw_factors(CountedRandom& random, const FactorDraw& draw, int channels) {
  if (!random.chance(draw.chance)) return {};
  Drawn factors;
  for (int channel = 0; channel < channels; ++channel)
    factors.push_back({draw_factor(random, draw.range)});
  return factors;
}

}  // namespace seg::data
