#include "array_difference.hpp"
#include "recorded_preprocess.hpp"
#include "seg/data/npy.hpp"
#include "topic.hpp"

namespace seg::oracles {
namespace fs = std::filesystem;
namespace {

/// The entries of the manifest that say where the array came from, as we have them.
Json places(const data::CaseProperties& properties) {
  Json box = Json::array();
  for (int axis = 0; axis < 3; ++axis)
    box.push_back({properties.box.lower[axis], properties.box.upper[axis]});
  return {{"shape_before_cropping", properties.shape_before_cropping},
          {"bbox_used_for_cropping", box},
          {"shape_after_cropping_and_before_resampling", properties.shape_after_cropping}};
}

void compare_places(const Json& found, const Json& record, Outcome& outcome) {
  for (const auto& [key, value] : found.items())
    if (value != record.at(key)) outcome.fault = key + " is " + value.dump();
}

void compare_location_counts(const std::vector<at::Tensor>& locations, const Json& record,
                             Outcome& outcome) {
  std::size_t i = 0;
  for (const auto& [name, expected] : record.at("class_locations").items()) {
    const auto count = i < locations.size() ? locations[i++].size(0) : -1;
    if (count != expected.at("count").get<std::int64_t>())
      outcome.fault = "class " + name + " has " + std::to_string(count) + " locations";
  }
}

void replay_preprocess(const fs::path& folder, const Json& record, Outcome& outcome) {
  const RecordedCase inputs = recorded_case(folder, record);
  const auto result = data::preprocess(inputs.image, inputs.label, inputs.plans,
                                       inputs.plans.configuration(inputs.configuration));
  judge(outcome, largest_difference(result.data, recorded_data(folder, record)), 1e-4);
  const at::Tensor seg = data::map_npy(folder / record.at("seg"));
  if (share_of_different_voxels(result.seg, seg) > 0.002) outcome.fault = "labels differ";
  compare_places(places(result.properties), record, outcome);
  compare_location_counts(data::class_locations(result.seg, inputs.labels), record, outcome);
}

void check_preprocess(const fs::path& folder, const Tell& tell) {
  const Json manifest = read_json(folder / "manifest.json");
  for (const Json& record : manifest.at("cases"))
    tell(attempt(record.at("name"),
                 [&](Outcome& outcome) { replay_preprocess(folder, record, outcome); }));
}

}  // namespace

Topic preprocess_topic() {
  return {"preprocess", [](const fs::path& folder) { return is_about(folder, "preprocess"); },
          check_preprocess};
}

}  // namespace seg::oracles
