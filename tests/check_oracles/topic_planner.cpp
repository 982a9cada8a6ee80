#include "json_difference.hpp"
#include "recorded_planner.hpp"
#include "topic.hpp"

namespace seg::oracles {
namespace fs = std::filesystem;
namespace {

void replay_planner(const fs::path& file, Outcome& outcome) {
  const Json recorded = read_json(file);
  const PlannerInputs inputs = planner_inputs(recorded);
  const auto plans = plan_experiment(inputs.dataset, inputs.fingerprint, inputs.options);
  const JsonDifference difference = json_difference(recorded.at("plans"), plans.json);
  outcome.deviation = difference.largest;
  outcome.fault = difference.fault;
}

bool recognises_planner(const fs::path& folder) {
  const auto files = planner_cases(folder);
  return !files.empty() && read_json(files.front()).contains("planner");
}

void check_planner(const fs::path& folder, const Tell& tell) {
  for (const auto& file : planner_cases(folder))
    tell(attempt(file.stem().string(), [&](Outcome& outcome) { replay_planner(file, outcome); }));
}

}  // namespace

Topic planner_topic() { return {"planner", recognises_planner, check_planner}; }

}  // namespace seg::oracles
