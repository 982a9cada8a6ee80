#include "order_statistics.hpp"

#include <algorithm>
#include <cmath>

namespace seg::plan {

double percentile(std::vector<double> values, double percent) {
  std::ranges::sort(values);
  const double position = percent / 100 * static_cast<double>(values.size() - 1);
  const double floor = std::floor(position);
  const double fraction = position - floor;
  const auto index = static_cast<std::size_t>(floor);
  const double low = values[index];
  const double high = values[std::min(index + 1, values.size() - 1)];
  return fraction < 0.5 ? low + (high - low) * fraction : high - (high - low) * (1 - fraction);
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace seg::plan
