#include "recorded_planner.hpp"

#include <algorithm>

#include "seg/plan/built_in_config.hpp"
#include "seg/plan/error.hpp"

namespace seg::oracles {
namespace fs = std::filesystem;

std::string preset_of(const std::string& planner_class) {
  for (const char* file : {"planners", "resenc"}) {
    const Json presets = built_in_config(file);
    for (const auto& [name, preset] : presets.items())
      if (preset["planner_class"] == planner_class) return name;
  }
  throw Error("planner class " + planner_class, "no preset of seg stands for it");
}

PlannerInputs planner_inputs(const Json& recorded) {
  PlannerInputs inputs;
  inputs.dataset = plan::dataset_from_json(recorded.at("dataset_json"), recorded.at("dataset_name"),
                                           "dataset.json");
  inputs.fingerprint = plan::fingerprint_from_json(recorded.at("fingerprint"), "fingerprint");
  inputs.options.preset = preset_of(recorded.at("planner"));
  inputs.options.gpu_memory_gb = recorded.at("gpu_memory_target_in_gb").get<double>();
  const Json& spacing = recorded.at("overwrite_target_spacing");
  if (!spacing.is_null()) inputs.options.spacing = spacing.get<std::array<double, 3>>();
  return inputs;
}

std::vector<fs::path> planner_cases(const fs::path& folder) {
  std::vector<fs::path> files;
  if (!fs::is_directory(folder)) return files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("case_") && name.ends_with(".json")) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace seg::oracles
