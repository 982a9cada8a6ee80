#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "base/csv_cell.hpp"
#include "evaluate/confidence.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/joined.hpp"
#include "seg/train/paired.hpp"

namespace seg::train {
namespace {

using MetricsOfCase = std::map<std::string, Json>;  ///< by the case's file name

MetricsOfCase metrics_of_cases(const Json& summary) {
  MetricsOfCase cases;
  for (const Json& entry : summary.at("metric_per_case"))
    cases[std::filesystem::path(entry.at("prediction_file").get<std::string>()).filename()] =
        entry.at("metrics");
  return cases;
}

std::vector<std::string> only_in(const MetricsOfCase& one, const MetricsOfCase& other) {
  std::vector<std::string> names;
  for (const auto& [name, metrics] : one)
    if (!other.contains(name)) names.push_back(name);
  return names;
}

/// Cases of both, A and B.
std::vector<std::pair<Json, Json>> pairs_of(const MetricsOfCase& a, const MetricsOfCase& b) {
  std::vector<std::pair<Json, Json>> pairs;
  for (const auto& [name, metrics] : a)
    if (const auto found = b.find(name); found != b.end())
      pairs.emplace_back(metrics, found->second);
  return pairs;
}

/// What one label and metric have in the cases in which neither is NaN.
struct PairedValues {
  std::vector<double> a, b, differences;
};

PairedValues values_of(const std::vector<std::pair<Json, Json>>& pairs, const std::string& label,
                       const std::string& metric) {
  const auto value_in = [&](const Json& metrics) {
    const Json value = metrics.value(label, Json::object()).value(metric, Json());
    return value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
  };
  PairedValues values;
  for (const auto& [in_a, in_b] : pairs) {
    const double a = value_in(in_a), b = value_in(in_b);
    if (std::isnan(b - a)) continue;  // also where both are infinite
    values.a.push_back(a);
    values.b.push_back(b);
    values.differences.push_back(b - a);
  }
  return values;
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double median_of(std::vector<double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

Json compared(const PairedValues& values) {
  const SignedRankTest test = signed_rank_test(values.differences);
  return {{"cases", values.differences.size()},
          {"mean_a", mean_of(values.a)},
          {"mean_b", mean_of(values.b)},
          {"mean_difference", mean_of(values.differences)},
          {"median_difference", median_of(values.differences)},
          {"confidence_95", bootstrap_interval(values.differences)},
          {"statistic", test.statistic},
          {"p_value", test.p_value}};
}

void check_same_cases(const MetricsOfCase& a, const MetricsOfCase& b, bool allow_missing,
                      const Reporter& reporter) {
  for (const auto& [one, other, name] :
       {std::tuple{&a, &b, "A, not in B"}, std::tuple{&b, &a, "B, not in A"}}) {
    const auto names = only_in(*one, *other);
    if (names.empty()) continue;
    const std::string problem =
        std::to_string(names.size()) + " case(s) are only in " + name + ": " + joined(names);
    if (!allow_missing)
      throw Error("comparison", problem, "predict them, or go on with `allow_missing`");
    reporter.warn(problem);
  }
}

/// Cases that are in neither, as a summary of theirs knows.
std::set<std::string> missing_in_both(const std::array<const Json*, 2>& summaries) {
  std::set<std::string> missing;
  for (const Json* summary : summaries)
    for (const Json& name : summary->value("missing_predictions", Json::array()))
      missing.insert(name.get<std::string>());
  for (const Json* summary : summaries)
    for (const auto& [name, metrics] : metrics_of_cases(*summary)) missing.erase(name);
  return missing;
}

void check_missing_in_both(const std::set<std::string>& missing, bool allow_missing,
                           const Reporter& reporter) {
  if (missing.empty()) return;
  const std::string problem =
      std::to_string(missing.size()) + " case(s) are in neither A nor B: " + joined(missing);
  if (!allow_missing)
    throw Error("comparison", problem, "predict them, or go on with `allow_missing`");
  reporter.warn(problem);
}

/// {LABEL: [METRIC]} of what a summary has means of and another has not.
Json metrics_only_in(const Json& summary, const Json& other) {
  Json only = Json::object();
  for (const auto& [label, metrics] : summary.at("mean").items())
    for (const auto& [metric, mean] : metrics.items())
      if (!other.at("mean").value(label, Json::object()).contains(metric))
        only[label].push_back(metric);
  return only;
}

/// "HD95, NSD at 1 mm of label 1, Dice of label 2"; metrics that several labels lack are told once.
std::string text_of(const Json& metrics) {
  std::map<std::string, std::vector<std::string>> labels_of;
  for (const auto& [label, names] : metrics.items())
    labels_of[joined(names.get<std::vector<std::string>>())].push_back(label);
  std::vector<std::string> parts;
  for (const auto& [names, labels] : labels_of)
    parts.push_back(names + " of label " + joined(labels, ", ", " and "));
  return joined(parts, "; ");
}

/// Metrics that cannot be compared are told in the comparison ("only_in_a", "only_in_b"), too.
void tell_metrics_of_one(const Json& a, const Json& b, Json& comparison, const Reporter& reporter) {
  for (const auto& [one, other, key, name] : {std::tuple{&a, &b, "only_in_a", "A, not in B"},
                                              std::tuple{&b, &a, "only_in_b", "B, not in A"}}) {
    const Json only = metrics_only_in(*one, *other);
    if (only.empty()) continue;
    comparison[key] = only;
    reporter.warn("metrics that are only in " + std::string(name) +
                  " are not compared: " + text_of(only) + "; evaluate both with the same metrics");
  }
}

}  // namespace

Json compare_summaries(const Json& a, const Json& b, bool allow_missing, const Reporter& reporter) {
  const MetricsOfCase in_a = metrics_of_cases(a), in_b = metrics_of_cases(b);
  check_same_cases(in_a, in_b, allow_missing, reporter);
  check_missing_in_both(missing_in_both({&a, &b}), allow_missing, reporter);
  const auto pairs = pairs_of(in_a, in_b);
  if (pairs.empty()) throw Error("comparison", "no case is in both", "compare the same cases");
  Json labels = Json::object();
  for (const auto& [label, metrics] : a.at("mean").items())
    for (const auto& [metric, mean] : metrics.items())
      if (b.at("mean").value(label, Json::object()).contains(metric))
        labels[label][metric] = compared(values_of(pairs, label, metric));
  Json comparison{{"cases", pairs.size()}, {"labels", labels}};
  tell_metrics_of_one(a, b, comparison, reporter);
  return comparison;
}

std::string name_of_class(const ClassNames& names, const std::string& key) {
  const auto name = names.find(key);
  return name == names.end() ? key : name->second;
}

std::string comparison_table(const Json& comparison, const ClassNames& names) {
  std::string table =
      "label,metric,cases,mean_a,mean_b,mean_difference,median_difference,low_95,high_95,"
      "statistic,p_value\r\n";
  for (const auto& [label, metrics] : comparison.at("labels").items())
    for (const auto& [metric, found] : metrics.items()) {
      table += csv_cell(name_of_class(names, label)) + ',' + csv_cell(metric);
      for (const char* key : {"cases", "mean_a", "mean_b", "mean_difference", "median_difference"})
        table += ',' + csv_cell(found.at(key));
      for (const char* key : {"low", "high"})
        table += ',' + csv_cell(found.at("confidence_95").at(key));
      for (const char* key : {"statistic", "p_value"}) table += ',' + csv_cell(found.at(key));
      table += "\r\n";
    }
  return table;
}

}  // namespace seg::train
