#include <algorithm>

#include "predict/destination.hpp"
#include "predict/segmentation_record.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/output_name.hpp"
#include "seg/train/evaluate.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

bool is_same_place(const fs::path& a, const fs::path& b) {
  std::error_code unreadable;
  return fs::weakly_canonical(a, unreadable) == fs::weakly_canonical(b, unreadable);
}

/// Null for what is no JSON object.
Json object_in(const fs::path& file) {
  try {
    const Json json = read_json(file);
    return json.is_object() ? json : Json();
  } catch (const Error&) {
    return {};
  }
}

bool is_text_of(const Json& json, const char* key, const fs::path& place) {
  const Json found = json.value(key, Json());
  return found.is_string() && is_same_place(found.get<std::string>(), place);
}

bool is_summary_of(const Json& summary, const fs::path& file, const fs::path& predictions) {
  const Json cases = summary.value("metric_per_case", Json());
  if (!cases.is_array() || !summary.contains("mean")) return false;
  // It belongs to what it lies beside, also when both were moved.
  if (is_same_place(file, predictions / file.filename())) return true;
  return std::ranges::all_of(cases, [&](const Json& one) {
    const Json name = one.is_object() ? one.value("prediction_file", Json()) : Json();
    return name.is_string() &&
           is_same_place(name.get<std::string>(),
                         predictions / fs::path(name.get<std::string>()).filename());
  });
}

bool is_comparison_of(const Json& comparison, const fs::path& a, const fs::path& b) {
  return comparison.contains("labels") && is_text_of(comparison, "a", a) &&
         is_text_of(comparison, "b", b);
}

bool is_results_of(const fs::path& file, const std::vector<fs::path>& evaluated) {
  const Json json = object_in(file);
  if (!json.is_object()) return false;
  return evaluated.size() == 2 ? is_comparison_of(json, evaluated[0], evaluated[1])
                               : is_summary_of(json, file, evaluated.at(0));
}

SegmentationFiles table_files(const fs::path& table) {
  return Destination{table.parent_path(), table}.files("", "");
}

/// By their places, as summaries are; a table in what it is about may be moved with it.
SegmentationRecord record_of_table(const EvaluationFiles& files) {
  Json places = Json::array();
  for (const fs::path& place : files.evaluated) {
    const bool beside = is_same_place(fs::absolute(files.table).parent_path(), place);
    places.push_back(beside ? "." : fs::weakly_canonical(place).string());
  }
  return {{{"evaluated", places.size()}}, places, {}};
}

}  // namespace

void refuse_to_replace_others(const EvaluationFiles& files) {
  if (!files.summary.empty() && fs::exists(files.summary) &&
      !is_results_of(files.summary, files.evaluated))
    throw would_be_replaced(files.summary, "is there already, and no evaluation of the same");
  if (!files.table.empty() && fs::exists(files.table) &&
      !may_be_replaced(table_files(files.table), record_of_table(files)))
    throw would_be_replaced(files.table, "is there already, and no table of the same evaluation");
}

void write_table(const EvaluationFiles& files, const std::string& text) {
  const SegmentationFiles table = table_files(files.table);
  const SegmentationRecord record = record_of_table(files);
  begin_record(table, record);
  write_text_file(files.table, text);
  write_record(table, record, {});
}

}  // namespace seg::train
