#include "plan_oracles.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace seg::test {
namespace {

std::string in_words(const std::string& path, const Json& expected, const Json& actual) {
  return path + ": expected " + expected.dump().substr(0, 80) + ", got " +
         actual.dump().substr(0, 80);
}

bool same_keys(const Json& expected, const Json& actual) {
  return std::equal(expected.items().begin(), expected.items().end(), actual.items().begin(),
                    actual.items().end(),
                    [](const auto& left, const auto& right) { return left.key() == right.key(); });
}

std::string element_difference(const Json& expected, const Json& actual, const std::string& path) {
  if (expected.size() != actual.size()) return in_words(path, expected, actual);
  if (expected.is_object() && !same_keys(expected, actual)) return path + ": keys differ";
  auto other = actual.begin();
  int index = 0;
  for (auto element = expected.begin(); element != expected.end(); ++element, ++other, ++index) {
    const std::string name = expected.is_object() ? element.key() : std::to_string(index);
    const std::string found = difference(*element, *other, path + "." + name);
    if (!found.empty()) return found;
  }
  return "";
}

}  // namespace

std::vector<std::filesystem::path> planner_cases() {
  std::vector<std::filesystem::path> files;
  const auto folder = shared_data() / "oracles" / "planner";
  if (!std::filesystem::exists(folder)) return files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().filename().string().starts_with("case_")) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

std::string preset_of(const std::string& planner_class) {
  const Json presets = built_in_config("planners");
  for (const auto& [name, preset] : presets.items())
    if (preset["planner_class"] == planner_class) return name;
  return planner_class;
}

PlannerInputs planner_inputs(const Json& recorded) {
  PlannerInputs inputs;
  inputs.dataset =
      plan::dataset_from_json(recorded["dataset_json"], recorded["dataset_name"], "dataset.json");
  inputs.fingerprint = plan::fingerprint_from_json(recorded["fingerprint"], "fingerprint");
  inputs.options.preset = preset_of(recorded["planner"]);
  inputs.options.gpu_memory_gb = recorded["gpu_memory_target_in_gb"].get<double>();
  if (!recorded["overwrite_target_spacing"].is_null())
    inputs.options.spacing = recorded["overwrite_target_spacing"].get<std::array<double, 3>>();
  return inputs;
}

plan::Plans plan_again(const Json& recorded) {
  const PlannerInputs inputs = planner_inputs(recorded);
  return plan_experiment(inputs.dataset, inputs.fingerprint, inputs.options);
}

std::string difference(const Json& expected, const Json& actual, const std::string& path) {
  if (expected.is_structured() && expected.type() == actual.type())
    return element_difference(expected, actual, path);
  const bool floats = expected.is_number_float() && actual.is_number_float();
  const bool same =
      floats ? std::abs(expected.get<double>() - actual.get<double>()) <=
                   1e-9 * std::abs(expected.get<double>())
             : expected == actual && expected.is_number_float() == actual.is_number_float();
  return same ? "" : in_words(path, expected, actual);
}

}  // namespace seg::test
