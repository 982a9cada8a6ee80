#include "report/evaluation.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "seg/data/image.hpp"
#include "seg/train/evaluate.hpp"
#include "seg/train/pseudo_dice.hpp"
#include "train/fold_folder.hpp"

namespace seg::train {
namespace fs = std::filesystem;
namespace {

constexpr std::array counts{"FN", "FP", "TN", "TP", "n_pred", "n_ref"};

/// A fold's, or the predictions', summary.json.
struct Group {
  std::string name;
  fs::path file;
  Json summary;
};

double number_of(const Json& values, const std::string& name) {
  const auto found = values.find(name);
  return found != values.end() && found->is_number() ? found->get<double>() : std::nan("");
}

/// NaN as soon as one class has no mean, as in a summary.
double foreground_mean(const std::vector<double>& means) {
  const bool all = std::ranges::none_of(means, [](double mean) { return std::isnan(mean); });
  return all ? mean_without_nan(means) : std::nan("");
}

std::vector<std::string> metrics_in(const Json& summary) {
  std::vector<std::string> names;
  for (const auto& [name, value] : summary.at("foreground_mean").items())
    if (std::ranges::find(counts, name) == counts.end()) names.push_back(name);
  return names;
}

/// Of every class one value of a metric, from what a summary has by class.
std::vector<double> of_classes(const Json& by_class, const SummaryClasses& classes,
                               const std::string& metric) {
  std::vector<double> values;
  for (const std::string& key : classes.keys)
    values.push_back(by_class.contains(key) ? number_of(by_class.at(key), metric) : std::nan(""));
  return values;
}

/// Summaries name files as they were seen from where the command ran; a prediction lies beside its
/// summary.
CaseResult case_result(const Json& entry, const Group& group, const SummaryClasses& classes) {
  CaseResult result;
  const fs::path prediction = entry.at("prediction_file").get<std::string>();
  result.name = data::without_image_ending(prediction).filename().string();
  result.group = group.name;
  result.prediction = group.file.parent_path() / prediction.filename();
  result.reference = entry.at("reference_file").get<std::string>();
  result.class_dice = of_classes(entry.at("metrics"), classes, "Dice");
  result.dice = mean_without_nan(result.class_dice);
  return result;
}

/// Of every class how many cases have no value of a metric.
Json left_out(const Json& cases, const std::string& metric, std::size_t classes) {
  std::vector<std::size_t> counts(classes);
  for (const Json& one : cases)
    for (std::size_t i = 0; i < classes; ++i)
      counts[i] += std::isnan(one["values"][metric][i].get<double>());
  return counts;
}

Json group_content(const Group& group, const Evaluation& evaluation,
                   const std::vector<std::string>& metrics) {
  Json json{{"name", group.name},
            {"cases", group.summary.at("metric_per_case").size()},
            {"mean", Json::object()},
            {"foreground_mean", Json::object()},
            {"left_out", Json::object()}};
  for (const std::string& metric : metrics) {
    json["mean"][metric] = of_classes(group.summary.at("mean"), evaluation.classes, metric);
    json["foreground_mean"][metric] = number_of(group.summary.at("foreground_mean"), metric);
  }
  return json;
}

Json case_content(const Json& entry, const CaseResult& result, const Evaluation& evaluation,
                  const std::vector<std::string>& metrics) {
  Json json{{"name", result.name}, {"group", result.group}, {"values", Json::object()}};
  for (const std::string& metric : metrics)
    json["values"][metric] = of_classes(entry.at("metrics"), evaluation.classes, metric);
  return json;
}

/// Means over the cases of the groups that count, as a summary of them all would have them.
Json all_cases(const Json& every_case, const Evaluation& evaluation,
               const std::vector<std::string>& metrics) {
  Json cases = Json::array();
  for (const Json& one : every_case)
    if (one["counts"].get<bool>()) cases.push_back(one);
  Json json{{"cases", cases.size()},
            {"mean", Json::object()},
            {"foreground_mean", Json::object()},
            {"left_out", Json::object()}};
  for (const std::string& metric : metrics) {
    std::vector<double> means;
    for (std::size_t i = 0; i < evaluation.classes.keys.size(); ++i) {
      std::vector<double> values;
      for (const Json& one : cases) values.push_back(one["values"][metric][i].get<double>());
      means.push_back(mean_without_nan(values));
    }
    json["mean"][metric] = means;
    json["foreground_mean"][metric] = foreground_mean(means);
    json["left_out"][metric] = left_out(cases, metric, means.size());
  }
  return json;
}

/// A fold counts unless another validated one of its cases before: all, and those beyond
/// splits_final.json, which nnU-Net draws at random, would let cases count twice.
bool counts_beside(const std::vector<CaseResult>& earlier, const std::vector<CaseResult>& now) {
  return std::ranges::none_of(now, [&](const CaseResult& one) {
    return std::ranges::find(earlier, one.name, &CaseResult::name) != earlier.end();
  });
}

/// @throws nlohmann::json::exception for a summary that lacks something.
void add_group(const Group& group, const std::vector<std::string>& metrics,
               Evaluation& evaluation) {
  std::vector<CaseResult> results;
  Json entries = Json::array();
  for (const Json& entry : group.summary.at("metric_per_case")) {
    results.push_back(case_result(entry, group, evaluation.classes));
    entries.push_back(case_content(entry, results.back(), evaluation, metrics));
  }
  const bool counts = counts_beside(evaluation.cases, results);
  Json content = group_content(group, evaluation, metrics);
  content["counts"] = counts;
  for (const std::string& metric : metrics)
    content["left_out"][metric] = left_out(entries, metric, evaluation.classes.keys.size());
  evaluation.content["groups"].push_back(content);
  for (Json& entry : entries) {
    entry["counts"] = counts;
    evaluation.content["cases"].push_back(entry);
  }
  if (counts) evaluation.cases.insert(evaluation.cases.end(), results.begin(), results.end());
}

Evaluation evaluation_of(const fs::path& folder, const std::vector<Group>& groups,
                         const ReportSources& sources, Notices& notices) {
  Evaluation evaluation;
  evaluation.name = folder.filename().string();
  evaluation.folder = folder;
  evaluation.classes = classes_of(groups.front().summary, sources);
  const auto metrics = metrics_in(groups.front().summary);
  evaluation.content = {{"name", evaluation.name},
                        {"classes", evaluation.classes.names},
                        {"metrics", metrics},
                        {"groups", Json::array()},
                        {"cases", Json::array()}};
  for (const Group& group : groups)
    notices.guard(group.file, [&] { add_group(group, metrics, evaluation); });
  evaluation.content["all_cases"] = all_cases(evaluation.content["cases"], evaluation, metrics);
  evaluation.dice = number_of(evaluation.content["all_cases"]["foreground_mean"], "Dice");
  return evaluation;
}

/// Whether a summary has what tells classes and metrics apart.
bool is_summary(const Json& summary) {
  return summary.is_object() && summary.contains("foreground_mean") && summary.contains("mean") &&
         summary["foreground_mean"].is_object() && summary["mean"].is_object();
}

void add_summary(const std::string& name, const fs::path& file, std::vector<Group>& groups,
                 Notices& notices) {
  const Json summary = read_if_there(file, notices);
  const std::string stale = stale_summary(file, summary);
  if (!stale.empty()) notices.add(stale);
  if (is_summary(summary))
    groups.push_back({name, file, summary});
  else if (!summary.is_null())
    notices.add(file.string() + ": is no summary of an evaluation; the report leaves it out");
}

}  // namespace

std::vector<Evaluation> evaluations(const ReportSources& sources, Notices& notices) {
  std::vector<Evaluation> list;
  const auto add = [&](const fs::path& folder, const std::vector<Group>& groups) {
    if (!groups.empty()) list.push_back(evaluation_of(folder, groups, sources, notices));
  };
  for (const fs::path& model : sources.models) {
    std::vector<Group> groups;
    for (const fs::path& fold : fold_folders(model))
      add_summary("fold " + fold.filename().string().substr(5),
                  fold / "validation" / "summary.json", groups, notices);
    add(model, groups);
  }
  if (sources.kind != "predictions") return list;
  std::vector<Group> groups;
  add_summary("all cases", sources.folder / "summary.json", groups, notices);
  add(sources.folder, groups);
  return list;
}

}  // namespace seg::train
