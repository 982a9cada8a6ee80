#include "evaluate/confidence.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "seg/data/random.hpp"

namespace seg::train {
namespace {

constexpr std::size_t draws = 10000;

double mean_of_drawn(const std::vector<double>& values, data::CountedRandom& random) {
  double sum = 0;
  const auto last = static_cast<std::int64_t>(values.size()) - 1;
  for (std::size_t i = 0; i < values.size(); ++i) sum += values[random.integer(0, last)];
  return sum / static_cast<double>(values.size());
}

}  // namespace

Json bootstrap_interval(std::vector<double> values) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  if (values.empty()) {
    const double nothing = std::numeric_limits<double>::quiet_NaN();
    return {{"low", nothing}, {"high", nothing}};
  }
  data::CountedRandom random({}, data::Purpose::bootstrap);
  std::vector<double> means(draws);
  for (double& mean : means) mean = mean_of_drawn(values, random);
  std::ranges::sort(means);
  return {{"low", means[draws / 40]}, {"high", means[draws - 1 - draws / 40]}};
}

Json confidence_intervals(const std::vector<EvaluatedCase>& cases, const plan::Labels& labels) {
  Json result = Json::object();
  if (cases.empty()) return result;
  for (std::size_t one = 0; one < labels.foreground_keys.size(); ++one) {
    Json& intervals = result[labels.foreground_keys[one]];
    const auto add = [&](const std::string& name, auto value_of) {
      std::vector<double> values;
      for (const EvaluatedCase& entry : cases) values.push_back(value_of(entry.metrics[one]));
      intervals[name] = bootstrap_interval(std::move(values));
    };
    add("Dice", [](const Metrics& metrics) { return metrics.dice; });
    add("IoU", [](const Metrics& metrics) { return metrics.iou; });
    const auto& further = cases.front().metrics[one].further;
    for (std::size_t i = 0; i < further.size(); ++i)
      add(further[i].first, [i](const Metrics& metrics) { return metrics.further[i].second; });
  }
  return result;
}

}  // namespace seg::train
