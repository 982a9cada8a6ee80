#include <algorithm>

#include "json_difference.hpp"
#include "python_key.hpp"
#include "recorded_evaluation.hpp"
#include "seg/train/evaluate.hpp"
#include "topic.hpp"

namespace seg::oracles {
namespace fs = std::filesystem;
namespace {

std::vector<int> values_of(const Json& entry) {
  return entry.is_array() ? entry.get<std::vector<int>>() : std::vector<int>{entry.get<int>()};
}

plan::Labels labels_of(const Json& one) {
  plan::Labels labels;
  labels.all = {0};
  const Json& entries = one.at("labels_or_regions");
  const bool regions = std::ranges::any_of(entries, [](const Json& e) { return e.is_array(); });
  for (const Json& entry : entries) {
    labels.foreground_keys.push_back(seg::test::python_key(entry));
    if (regions)
      labels.regions.push_back(values_of(entry));
    else
      labels.all.push_back(entry);
  }
  if (one.at("ignore_label").is_number()) labels.ignore = one.at("ignore_label").get<int>();
  return labels;
}

void replay_summary(const fs::path& folder, const Json& one, Outcome& outcome) {
  const auto path = [&](const char* key) { return folder / one.at(key).get<std::string>(); };
  const train::EvaluateOptions options{.cases = std::vector<std::string>{}};  // may be a subset
  const Json summary = train::evaluate_folder(
      {path("pred_folder"), path("ref_folder"), labels_of(one), options}, {});
  const JsonDifference difference =
      json_difference(with_file_names(read_json(path("summary"))), with_file_names(summary));
  outcome.deviation = difference.largest;
  outcome.fault = difference.fault;
}

void check_evaluation(const fs::path& folder, const Tell& tell) {
  const Json manifest = read_json(folder / "manifest.json");
  for (const Json& one : manifest.at("summary").at("cases"))
    tell(attempt("summary " + one.at("name").get<std::string>(),
                 [&](Outcome& outcome) { replay_summary(folder, one, outcome); }));
  check_postprocessing(folder, manifest.at("postprocessing"), tell);
  check_components(folder, manifest.at("connected_components"), tell);
  check_ensembles(folder, manifest.at("ensemble"), tell);
}

}  // namespace

Topic evaluation_topic() {
  return {"evaluation", [](const fs::path& folder) { return is_about(folder, "evaluation"); },
          check_evaluation};
}

}  // namespace seg::oracles
