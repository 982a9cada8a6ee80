#include <algorithm>

#include "json_difference.hpp"
#include "recorded_planner.hpp"
#include "topic.hpp"

namespace seg::oracles {
namespace fs = std::filesystem;
namespace {

std::vector<fs::path> plans_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().filename().string().ends_with("Plans.json")) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

void replay_plans(const fs::path& file, Outcome& outcome) {
  const Json recorded = read_json(file);
  const fs::path folder = file.parent_path();
  const auto dataset = plan::dataset_from_json(read_json(folder / "dataset.json"),
                                               recorded.at("dataset_name"), "dataset.json");
  plan::PlannerOptions options;
  options.preset = preset_of(recorded.at("experiment_planner_used"));
  const auto plans = plan_experiment(
      dataset, plan::read_fingerprint(folder / "dataset_fingerprint.json"), options);
  const JsonDifference difference = json_difference(recorded, plans.json);
  outcome.deviation = difference.largest;
  outcome.fault = difference.fault;
}

bool recognises_plans(const fs::path& folder) {
  return fs::exists(folder / "dataset.json") && fs::exists(folder / "dataset_fingerprint.json") &&
         !plans_files(folder).empty();
}

void check_plans(const fs::path& folder, const Tell& tell) {
  for (const auto& file : plans_files(folder))
    tell(attempt(folder.filename().string() + "/" + file.stem().string(),
                 [&](Outcome& outcome) { replay_plans(file, outcome); }));
}

}  // namespace

Topic plans_topic() { return {"plans", recognises_plans, check_plans}; }

}  // namespace seg::oracles
