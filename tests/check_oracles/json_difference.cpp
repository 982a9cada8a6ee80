#include "json_difference.hpp"

#include <algorithm>
#include <cmath>

namespace seg::oracles {
namespace {

double relative_deviation(double expected, double actual) {
  if (expected == actual || (std::isnan(expected) && std::isnan(actual))) return 0;
  const double deviation = std::abs(expected - actual) / std::abs(expected);
  return std::isnan(deviation) ? INFINITY : deviation;
}

bool same_keys(const Json& expected, const Json& actual) {
  const auto left = expected.items(), right = actual.items();
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const auto& one, const auto& other) { return one.key() == other.key(); });
}

class Comparison {
 public:
  explicit Comparison(double tolerance) : tolerance_(tolerance) {}

  JsonDifference run(const Json& expected, const Json& actual) {
    compare(expected, actual, "");
    return difference_;
  }

 private:
  void compare(const Json& expected, const Json& actual, const std::string& path) {
    if (expected.is_structured() && expected.type() == actual.type())
      compare_elements(expected, actual, path);
    else if (expected.is_number_float() && actual.is_number_float())
      compare_numbers(expected, actual, path);
    else if (expected != actual || expected.is_number_float() != actual.is_number_float())
      report(expected, actual, path);
  }

  void compare_elements(const Json& expected, const Json& actual, const std::string& path) {
    if (expected.size() != actual.size() || (expected.is_object() && !same_keys(expected, actual)))
      return report(expected, actual, path + " (entries)");
    auto other = actual.begin();
    for (auto element = expected.begin(); element != expected.end(); ++element, ++other)
      compare(
          *element, *other,
          path + "/" +
              (expected.is_object() ? element.key() : std::to_string(element - expected.begin())));
  }

  void compare_numbers(const Json& expected, const Json& actual, const std::string& path) {
    const double deviation = relative_deviation(expected.get<double>(), actual.get<double>());
    difference_.largest = std::max(difference_.largest, deviation);
    if (deviation > tolerance_) report(expected, actual, path);
  }

  void report(const Json& expected, const Json& actual, const std::string& path) {
    if (difference_.fault.empty())
      difference_.fault = path + ": expected " + expected.dump().substr(0, 120) + ", got " +
                          actual.dump().substr(0, 120);
  }

  double tolerance_;
  JsonDifference difference_;
};

}  // namespace

JsonDifference json_difference(const Json& expected, const Json& actual, double tolerance) {
  return Comparison(tolerance).run(expected, actual);
}

}  // namespace seg::oracles
