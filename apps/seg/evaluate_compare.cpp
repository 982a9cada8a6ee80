#include "evaluate_compare.hpp"

#include <iostream>
#include <set>
#include <string>

#include "json_result.hpp"
#include "seg/plan/error.hpp"
#include "seg/train/evaluate.hpp"
#include "seg/train/paired.hpp"
#include "table.hpp"
#include "terminal.hpp"

namespace seg::app {
namespace fs = std::filesystem;
namespace {

std::string digits(const Json& value, int count) {
  return value.is_number() ? number_text(value.get<double>(), count) : "-";
}

/// Counts of voxels are in the files only.
void print(const Json& comparison, const train::ClassNames& names) {
  const std::set<std::string> counts{"FN", "FP", "TN", "TP", "n_pred", "n_ref"};
  Table table{{"label", "metric", "cases", "A", "B", "mean B - A", "95 %", "median", "p"}};
  for (const auto& [label, metrics] : comparison.at("labels").items())
    for (const auto& [metric, found] : metrics.items())
      if (!counts.contains(metric))
        table.push_back({train::name_of_class(names, label), metric,
                         std::to_string(found.at("cases").get<std::size_t>()),
                         digits(found.at("mean_a"), 4), digits(found.at("mean_b"), 4),
                         digits(found.at("mean_difference"), 4),
                         digits(found.at("confidence_95").at("low"), 4) + " to " +
                             digits(found.at("confidence_95").at("high"), 4),
                         digits(found.at("median_difference"), 4), digits(found.at("p_value"), 4)});
  print_table(std::cout, table);
}

}  // namespace

Json read_summary(const fs::path& place) {
  const fs::path file = fs::is_directory(place) ? place / "summary.json" : place;
  if (!fs::exists(file))
    throw Error(ErrorKind::not_found,
                {file.string(), "is not there", "evaluate the folder first, or give --reference"});
  const Json summary = read_json(file);
  if (!summary.is_object() || !summary.contains("metric_per_case") || !summary.contains("mean"))
    throw Error(file.string(), "is no summary of an evaluation", "give what seg evaluate wrote");
  const std::string stale = train::stale_summary(file, summary);
  if (!stale.empty()) terminal_reporter().warn(stale);
  return summary;
}

void compare_predictions(const CompareArguments& arguments,
                         const std::function<Json(const fs::path& prediction)>& evaluated) {
  const auto& [files, allow_missing, json, names] = arguments;
  const auto& compared = files.evaluated;
  const auto summary_of = [&](const fs::path& place) {
    try {
      return evaluated ? evaluated(place) : read_summary(place);
    } catch (const train::SomeFailed& some) {
      if (arguments.json) print_json({{"failed", failed_json(some.outcomes().failed)}});
      throw;
    }
  };
  const Json a = summary_of(compared[0]), b = summary_of(compared[1]);
  Json comparison = train::compare_summaries(a, b, allow_missing, terminal_reporter());
  comparison["a"] = compared[0].string();
  comparison["b"] = compared[1].string();
  if (!files.reference.empty()) comparison["reference"] = files.reference.string();
  if (!files.summary.empty()) write_json(files.summary, comparison);
  if (!files.table.empty()) train::write_table(files, train::comparison_table(comparison, names));
  if (json) return print_json(comparison);
  std::cout << "A: " << compared[0].string() << "\nB: " << compared[1].string() << '\n';
  print(comparison, names);
}

}  // namespace seg::app
