#include <filesystem>

#include "base/csv_cell.hpp"
#include "seg/train/evaluate.hpp"

namespace seg::train {
namespace {

void add_lines(const std::string& name, const Json& metrics, const plan::Labels& labels,
               std::string& table) {
  for (std::size_t one = 0; one < labels.foreground_keys.size(); ++one) {
    table += csv_cell(name) + ',' + csv_cell(labels.foreground_names[one]);
    for (const auto& [key, value] : metrics.at(labels.foreground_keys[one]).items())
      table += ',' + csv_cell(value);
    table += "\r\n";
  }
}

/// One end of the intervals of the means; counts of voxels have none, and an empty cell.
Json ends_of_intervals(const Json& summary, const char* end) {
  Json ends = Json::object();
  for (const auto& [key, means] : summary.at("mean").items())
    for (const auto& [metric, mean] : means.items()) {
      const Json interval = summary.at("confidence_95").at(key).value(metric, Json::object());
      ends[key][metric] = interval.value(end, Json());
    }
  return ends;
}

}  // namespace

std::string summary_table(const Json& summary, const plan::Labels& labels) {
  std::string table = "case,label";
  for (const auto& [key, value] : summary.at("foreground_mean").items())
    table += ',' + csv_cell(key);
  table += "\r\n";
  for (const Json& entry : summary.at("metric_per_case"))
    add_lines(std::filesystem::path(entry.at("prediction_file").get<std::string>()).filename(),
              entry.at("metrics"), labels, table);
  add_lines("mean", summary.at("mean"), labels, table);
  if (summary.contains("confidence_95"))
    for (const char* end : {"low", "high"})
      add_lines(std::string("mean ") + end + "_95", ends_of_intervals(summary, end), labels, table);
  return table;
}

}  // namespace seg::train
