#include <algorithm>

#include "array_difference.hpp"
#include "json_difference.hpp"
#include "recorded_planner.hpp"
#include "seg/data/npy.hpp"
#include "seg/data/resample.hpp"
#include "topic.hpp"

namespace seg::oracles {
namespace fs = std::filesystem;
namespace {

using Shape = std::array<std::int64_t, 3>;
using Spacing = std::array<double, 3>;

/// Arrays of two axes are one slice here.
at::Tensor as_volume(const at::Tensor& array) {
  return array.dim() == 4 ? array : array.unsqueeze(1);
}

Shape as_volume(std::vector<std::int64_t> shape) {
  if (shape.size() == 2) shape.insert(shape.begin(), 1);
  return {shape.at(0), shape.at(1), shape.at(2)};
}

Spacing spacing_of(const Json& record, const char* key) {
  const Json& spacing = record.at(key);
  return spacing.is_null() ? Spacing{1, 1, 1} : spacing.get<Spacing>();
}

void replay_resampled_case(const fs::path& folder, const Json& record, Outcome& outcome) {
  const at::Tensor result =
      data::resample(as_volume(data::map_npy(folder / record.at("input"))),
                     {as_volume(record.at("new_shape").get<std::vector<std::int64_t>>()),
                      spacing_of(record, "current_spacing"),
                      spacing_of(record, "new_spacing"),
                      {record.at("function"), record.at("kwargs")}});
  const at::Tensor expected = as_volume(data::map_npy(folder / record.at("output")));
  if (!record.at("is_seg")) return judge(outcome, largest_difference(result, expected), 1e-5);
  const Json near_ties = record.value("near_ties", Json());
  judge(outcome,
        share_of_different_voxels(result, expected) * static_cast<double>(expected.numel()),
        near_ties.is_null() ? 0 : near_ties.get<double>());
}

/// Plans of one planner for a case of the topic planner, which is told relative to all oracles.
void replay_plans(const fs::path& folder, const Json& record, Outcome& outcome) {
  const fs::path inputs = folder.parent_path().parent_path() / record.at("planner_case");
  Json recorded = read_json(inputs);
  recorded["planner"] = record.at("planner");
  recorded["overwrite_target_spacing"] = record.at("overwrite_target_spacing");
  PlannerInputs given = planner_inputs(recorded);
  given.options.gpu_memory_gb.reset();  // the planner's own
  const auto plans = plan_experiment(given.dataset, given.fingerprint, given.options);
  const JsonDifference difference =
      json_difference(read_json(folder / record.at("plans")), plans.json);
  outcome.deviation = difference.largest;
  outcome.fault = difference.fault;
}

void check_torch_resampling(const fs::path& folder, const Tell& tell) {
  const Json manifest = read_json(folder / "manifest.json");
  for (const Json& record : manifest.at("cases"))
    tell(attempt("case " + record.at("id").dump(),
                 [&](Outcome& outcome) { replay_resampled_case(folder, record, outcome); }));
  for (const Json& record : manifest.at("plans"))
    tell(attempt(fs::path(record.at("plans")).stem().string(),
                 [&](Outcome& outcome) { replay_plans(folder, record, outcome); }));
}

}  // namespace

Topic torch_resampling_topic() {
  return {"torch_resampling",
          [](const fs::path& folder) { return is_about(folder, "torch_resampling"); },
          check_torch_resampling};
}

}  // namespace seg::oracles
