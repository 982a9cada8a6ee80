#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "seg/train/paired.hpp"

// Own code: no packaged C++ library with a permissive licence has the test; the normal distribution
// is the standard library's std::erfc.

namespace seg::train {
namespace {

/// Ranks of absolute differences, times two so that those of ties are whole.
struct DoubledRanks {
  std::vector<std::int64_t> ranks;
  double tie_correction = 0;  ///< sum of t^3 - t over ties of t differences

  bool has_ties() const { return tie_correction > 0; }
};

DoubledRanks doubled_ranks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::abs(values[i]); });
  DoubledRanks result{std::vector<std::int64_t>(values.size()), 0};
  for (std::size_t first = 0, last = 0; first < order.size(); first = last) {
    while (last < order.size() && std::abs(values[order[last]]) == std::abs(values[order[first]]))
      ++last;
    for (std::size_t i = first; i < last; ++i)
      result.ranks[order[i]] = static_cast<std::int64_t>(first + last + 1);
    const auto ties = static_cast<double>(last - first);
    result.tie_correction += ties * ties * ties - ties;
  }
  return result;
}

/// How probable each sum of the ranks with a positive sign is when every sign is as likely.
std::vector<double> distribution_of_sum(const std::vector<std::int64_t>& ranks) {
  const std::int64_t all = std::accumulate(ranks.begin(), ranks.end(), std::int64_t{0});
  std::vector<double> probability(static_cast<std::size_t>(all) + 1, 0.0);
  probability[0] = 1;
  for (const std::int64_t rank : ranks)
    for (std::int64_t sum = all; sum >= 0; --sum) {
      const double without = probability[static_cast<std::size_t>(sum)];
      const double with = sum >= rank ? probability[static_cast<std::size_t>(sum - rank)] : 0;
      probability[static_cast<std::size_t>(sum)] = (without + with) / 2;
    }
  return probability;
}

/// Of the smaller sum, doubled as the ranks are.
double exact_p_value(const std::vector<std::int64_t>& ranks, std::int64_t smaller) {
  const auto probability = distribution_of_sum(ranks);
  const double below = std::accumulate(probability.begin(), probability.begin() + smaller + 1, 0.0);
  return std::min(1.0, 2 * below);
}

double approximate_p_value(double n, double statistic, double tie_correction) {
  const double mean = n * (n + 1) / 4;
  const double variance = (n * (n + 1) * (2 * n + 1) - tie_correction / 2) / 24;
  return std::erfc(std::abs(statistic - mean) / std::sqrt(2 * variance));
}

}  // namespace

SignedRankTest signed_rank_test(const std::vector<double>& differences) {
  constexpr std::size_t kMostExact = 50, kMostExactWithTies = 13;
  constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> values = differences;
  std::erase(values, 0.0);
  if (values.empty()) return {0, differences.empty() ? kNothing : 1};
  const DoubledRanks doubled = doubled_ranks(values);
  std::int64_t positive = 0, negative = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    (values[i] > 0 ? positive : negative) += doubled.ranks[i];
  const std::int64_t smaller = std::min(positive, negative);
  const double statistic = static_cast<double>(smaller) / 2;
  const bool plain = !doubled.has_ties() && values.size() == differences.size();
  if (differences.size() <= (plain ? kMostExact : kMostExactWithTies))
    return {statistic, exact_p_value(doubled.ranks, smaller)};
  return {statistic, approximate_p_value(static_cast<double>(values.size()), statistic,
                                         doubled.tie_correction)};
}

}  // namespace seg::train
