#include <algorithm>

#include "predict/destination.hpp"
#include "predict/segmentation_record.hpp"
#include "seg/plan/output_name.hpp"
#include "seg/train/evaluate.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

bool is_same_place(const fs::path& a, const fs::path& b) {
  std::error_code unreadable;
  return fs::weakly_canonical(a, unreadable) == fs::weakly_canonical(b, unreadable);
}

bool is_text_of(const Json& json, const char* key, const fs::path& place) {
  const Json found = json.value(key, Json());
  return found.is_string() && is_same_place(found.get<std::string>(), place);
}

/// The file that a case of a summary names; empty if it names none.
fs::path named_file(const Json& one, const char* key) {
  const Json name = one.is_object() ? one.value(key, Json()) : Json();
  return name.is_string() ? name.get<std::string>() : "";
}

/// What is no longer where it was may be what has been moved.
bool is_of_reference(const fs::path& file, const fs::path& references) {
  return is_same_place(file, references / file.filename()) || !fs::exists(file);
}

bool is_summary_of(const Json& summary, const EvaluationFiles& files) {
  const Json cases = summary.value("metric_per_case", Json());
  if (!cases.is_array() || !summary.contains("mean")) return false;
  const fs::path& predictions = files.evaluated.at(0);
  // It belongs to what it lies beside, also when both were moved.
  const bool lies_beside = is_same_place(files.summary, predictions / files.summary.filename());
  return std::ranges::all_of(cases, [&](const Json& one) {
    const fs::path prediction = named_file(one, "prediction_file");
    const bool is_of_these =
        lies_beside ||
        (!prediction.empty() && is_same_place(prediction, predictions / prediction.filename()));
    return is_of_these && is_of_reference(named_file(one, "reference_file"), files.reference);
  });
}

bool is_comparison_of(const Json& comparison, const EvaluationFiles& files) {
  // Summaries that are compared as they are do not tell it.
  const bool is_of_other_reference = !files.reference.empty() && comparison.contains("reference") &&
                                     !is_text_of(comparison, "reference", files.reference);
  return comparison.contains("labels") && !is_of_other_reference &&
         is_text_of(comparison, "a", files.evaluated[0]) &&
         is_text_of(comparison, "b", files.evaluated[1]);
}

bool is_summary_there_of(const EvaluationFiles& files) {
  const Json json = read_record(files.summary);
  return files.evaluated.size() == 2 ? is_comparison_of(json, files) : is_summary_of(json, files);
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
  if (places.size() == 1) places.push_back(fs::weakly_canonical(files.reference).string());
  return {{{"evaluated", files.evaluated.size()}}, places, {}};
}

}  // namespace

void refuse_to_replace_others(const EvaluationFiles& files) {
  if (!files.summary.empty() && fs::exists(files.summary) && !is_summary_there_of(files))
    throw would_be_replaced(files.summary,
                            "is there already, and no evaluation of the same against the same");
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
