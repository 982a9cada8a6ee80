#include "evaluate/confidence.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <utility>

#include "catch.hpp"

using seg::train::bootstrap_interval;

namespace {

const double no_value = std::numeric_limits<double>::quiet_NaN();

double low_of(const seg::Json& interval) { return interval.at("low").get<double>(); }
double high_of(const seg::Json& interval) { return interval.at("high").get<double>(); }

/// The means of all n^n ways to draw as many values with replacement, ascending.
std::vector<double> means_of_all_draws(const std::vector<double>& values) {
  std::vector<double> sums{0};
  for (std::size_t drawn = 0; drawn < values.size(); ++drawn) {
    std::vector<double> longer;
    for (const double sum : sums)
      for (const double value : values) longer.push_back(sum + value);
    sums = std::move(longer);
  }
  for (double& sum : sums) sum /= static_cast<double>(values.size());
  std::ranges::sort(sums);
  return sums;
}

/// The part of all draws whose mean is not above, and not below, a value, but for rounding.
std::pair<double, double> parts_around(const std::vector<double>& means, double value) {
  constexpr double rounding = 1e-9;
  const auto all = static_cast<double>(means.size());
  const auto below =
      std::ranges::count_if(means, [&](double mean) { return mean <= value + rounding; });
  const auto above =
      std::ranges::count_if(means, [&](double mean) { return mean >= value - rounding; });
  return {static_cast<double>(below) / all, static_cast<double>(above) / all};
}

/// Values of a normal distribution, in the same order in every run.
std::vector<double> normal_values(std::size_t count, double mean, double deviation) {
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal(mean, deviation);
  std::vector<double> values(count);
  for (double& value : values) value = normal(random);
  return values;
}

}  // namespace

TEST_CASE("of two cases the interval of the mean reaches from one to the other") {
  // Both draws are the same value in a quarter of all cases each, which is more than 2.5 %.
  const seg::Json interval = bootstrap_interval({0.75, 0.25});
  CHECK(low_of(interval) == 0.25);
  CHECK(high_of(interval) == 0.75);
}

TEST_CASE("the interval's ends are quantiles of all draws with replacement") {
  // Of 10 000 draws the part beyond a quantile of 2.5 % is off by 0.16 % (one deviation).
  constexpr double part = 0.025, tolerance = 4 * 0.0016;
  for (const std::vector<double>& values : {std::vector<double>{0.1, 0.5, 0.7},
                                            {0.9, 0.2, 0.4, 0.85},
                                            {0.91, 0.13, 0.55, 0.74, 0.36},
                                            {10, -3, 4, 4, 0.5, 7}}) {
    INFO(values.size());
    const auto means = means_of_all_draws(values);
    const seg::Json interval = bootstrap_interval(values);
    const auto [up_to_low, from_low] = parts_around(means, low_of(interval));
    CHECK(up_to_low >= part - tolerance);
    CHECK(from_low >= 1 - part - tolerance);
    const auto [up_to_high, from_high] = parts_around(means, high_of(interval));
    CHECK(from_high >= part - tolerance);
    CHECK(up_to_high >= 1 - part - tolerance);
    const auto is_mean = [&](double end) {
      return std::ranges::any_of(means, [&](double mean) { return std::abs(mean - end) < 1e-9; });
    };
    CHECK(is_mean(low_of(interval)));
    CHECK(is_mean(high_of(interval)));
  }
}

TEST_CASE("of many cases the interval is that of the normal distribution") {
  constexpr std::size_t count = 200;
  const auto values = normal_values(count, 0.8, 0.1);
  double sum = 0, squares = 0;
  for (const double value : values) sum += value;
  const double mean = sum / count;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double error = std::sqrt(squares / count / count);  // of the mean
  const seg::Json interval = bootstrap_interval(values);
  CHECK(std::abs(low_of(interval) - (mean - 1.96 * error)) < 0.1 * error);
  CHECK(std::abs(high_of(interval) - (mean + 1.96 * error)) < 0.1 * error);
}

TEST_CASE("cases without a value are left out of an interval, and every run has the same draws") {
  const auto values = normal_values(30, 0.7, 0.2);
  auto with_others = values;
  with_others.insert(with_others.begin() + 4, no_value);
  with_others.push_back(no_value);
  CHECK(bootstrap_interval(with_others).dump() == bootstrap_interval(values).dump());
  CHECK(bootstrap_interval(values).dump() == bootstrap_interval(values).dump());
  for (const std::vector<double>& none : {std::vector<double>{}, {no_value, no_value}}) {
    CHECK(std::isnan(low_of(bootstrap_interval(none))));
    CHECK(std::isnan(high_of(bootstrap_interval(none))));
  }
  CHECK(low_of(bootstrap_interval({0.625})) == 0.625);
}

TEST_CASE("each class and metric has the interval of its own values") {
  seg::plan::Labels labels;
  labels.foreground_keys = {"1", "2"};
  std::vector<seg::train::EvaluatedCase> cases(3);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    cases[i].metrics.resize(2);
    seg::train::Metrics &one = cases[i].metrics[0], &two = cases[i].metrics[1];
    one.dice = 0.25 * static_cast<double>(i);
    one.iou = 0.125 * static_cast<double>(i);
    one.further = {{"HD", 10.0 + static_cast<double>(i)}};
    two.dice = i == 1 ? no_value : 0.5;
    two.iou = no_value;
    two.further = {{"HD", 4}};
  }
  const seg::Json found = seg::train::confidence_intervals(cases, labels);
  CHECK(found["1"]["Dice"].dump() == bootstrap_interval({0, 0.25, 0.5}).dump());
  CHECK(found["1"]["IoU"].dump() == bootstrap_interval({0, 0.125, 0.25}).dump());
  CHECK(found["1"]["HD"].dump() == bootstrap_interval({10, 11, 12}).dump());
  CHECK(low_of(found["2"]["Dice"]) == 0.5);
  CHECK(std::isnan(low_of(found["2"]["IoU"])));
  CHECK(high_of(found["2"]["HD"]) == 4);
}
