#include "evaluate_print.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <set>

#include "seg/plan/joined.hpp"
#include "seg/train/evaluate.hpp"
#include "table.hpp"

namespace seg::app {
namespace fs = std::filesystem;
namespace {

std::string dice_text(const Json& metrics) {
  return number_text(metrics.at("Dice").get<double>(), 4);
}

/// " [0.8112, 0.9034]": of a class's mean; empty where intervals were not asked for, or no case has
/// the class.
std::string interval_text(const Json& summary, const std::string& key, const std::string& metric) {
  const auto intervals = summary.find("confidence_95");
  if (intervals == summary.end()) return "";
  const Json& interval = intervals->at(key).at(metric);
  const auto low = interval.at("low").get<double>(), high = interval.at("high").get<double>();
  return std::isnan(low) ? "" : " [" + number_text(low, 4) + ", " + number_text(high, 4) + ']';
}

std::vector<std::string> dice_row(const std::string& name, const Json& metrics,
                                  const plan::Labels& labels) {
  std::vector<std::string> row{name};
  for (const std::string& key : labels.foreground_keys) row.push_back(dice_text(metrics.at(key)));
  return row;
}

/// "HD95: left out of the mean, because undefined: liver in 2, tumour in 1 of 5 cases"
void print_left_out(const Json& summary, const plan::Labels& labels, const std::string& metric) {
  const Json left_out = train::cases_left_out(summary);
  std::vector<std::string> parts;
  for (std::size_t one = 0; one < labels.foreground_keys.size(); ++one) {
    const Json counts = left_out.value(labels.foreground_keys[one], Json::object());
    if (counts.contains(metric))
      parts.push_back(labels.foreground_names[one] + " in " + counts.at(metric).dump());
  }
  if (!parts.empty())
    std::cout << metric << ": left out of the mean, because undefined: " << joined(parts) << " of "
              << summary.at("metric_per_case").size() << " cases\n";
}

void print_dice(const Json& summary, const plan::Labels& labels) {
  Table table{{"Dice"}};
  for (const std::string& name : labels.foreground_names) table.front().push_back(name);
  for (const Json& entry : summary.at("metric_per_case"))
    table.push_back(dice_row(fs::path(entry.at("prediction_file")).filename().string(),
                             entry.at("metrics"), labels));
  table.push_back(dice_row("mean", summary.at("mean"), labels));
  for (std::size_t one = 0; one < labels.foreground_keys.size(); ++one)
    table.back()[one + 1] += interval_text(summary, labels.foreground_keys[one], "Dice");
  print_table(std::cout, table);
  std::cout << "mean Dice of all classes: " << dice_text(summary.at("foreground_mean")) << '\n';
  print_left_out(summary, labels, "Dice");
  if (summary.contains("missing_predictions"))
    std::cout << "missing predictions, which count in no mean: "
              << summary["missing_predictions"].size() << '\n';
}

/// The means of what was asked for beside Dice, a row each.
void print_means(const Json& summary, const plan::Labels& labels,
                 const std::vector<std::string>& metrics) {
  const Json& mean = summary.at("mean");
  Table table{{"mean of cases"}};
  for (const std::string& name : labels.foreground_names) table.front().push_back(name);
  std::set<std::string> left_out{"Dice", "FN", "FP", "IoU", "TN", "TP", "n_pred", "n_ref"};
  if (std::ranges::find(metrics, "iou") != metrics.end()) left_out.erase("IoU");
  for (const auto& [name, value] : summary.at("foreground_mean").items()) {
    if (left_out.contains(name)) continue;
    table.push_back({name});
    for (const std::string& key : labels.foreground_keys)
      table.back().push_back(number_text(mean.at(key).at(name).get<double>(), 4) +
                             interval_text(summary, key, name));
  }
  if (table.size() > 1) print_table(std::cout, table);
  for (std::size_t row = 1; row < table.size(); ++row)
    print_left_out(summary, labels, table[row].front());
}

}  // namespace

void print_summary(const Json& summary, const plan::Labels& labels,
                   const std::vector<std::string>& metrics) {
  print_dice(summary, labels);
  print_means(summary, labels, metrics);
  if (summary.contains("confidence_95"))
    std::cout << "in brackets: 95 % intervals of the means, by bootstrap over the cases\n";
}

}  // namespace seg::app
