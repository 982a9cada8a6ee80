#include "planner_preset.hpp"

#include "json_field.hpp"
#include "seg/plan/built_in_config.hpp"

namespace seg::plan {
namespace {

using Integers = std::vector<std::int64_t>;

MemoryReference memory_reference(const JsonObject& object) {
  return {object.get<double>("memory_estimate"), object.get<std::int64_t>("batch_size"),
          object.get<std::int64_t>("most_features")};
}

Integers blocks(const JsonObject& object, const std::string& key) {
  const auto counts = object.get<Integers>(key);
  if (counts.empty()) throw Error(object.source, "the entry \"" + key + "\" is empty");
  return counts;
}

bool smallest_batch_rule(const JsonObject& object) {
  const auto rule = object.get<std::string>("shrink_patch_until");
  if (rule != "smallest_batch_fits" && rule != "reference_batch_fits")
    throw Error(object.source, "unknown shrink_patch_until \"" + rule + "\"",
                "use smallest_batch_fits or reference_batch_fits");
  return rule == "smallest_batch_fits";
}

PlannerPreset preset_from_json(const JsonObject& object) {
  PlannerPreset preset;
  preset.planner_class = object.get<std::string>("planner_class");
  preset.plans_name = object.get<std::string>("plans_name");
  preset.network_class_name = object.get<std::string>("network_class_name");
  if (object.has("shares_fullres_data_of"))
    preset.shares_fullres_data_of = object.get<std::string>("shares_fullres_data_of");
  preset.residual_encoder = object.get<bool>("residual_encoder");
  preset.encoder_blocks_per_stage = blocks(object, "encoder_blocks_per_stage");
  preset.decoder_blocks_per_stage = blocks(object, "decoder_blocks_per_stage");
  preset.first_features = object.get<std::int64_t>("first_features");
  preset.gpu_memory_gb = object.get<double>("gpu_memory_gb");
  preset.shrink_until_smallest_batch_fits = smallest_batch_rule(object);
  preset.largest_share_of_dataset_per_batch =
      object.get<double>("largest_share_of_dataset_per_batch");
  preset.in_2d = memory_reference(object.object("2d"));
  preset.in_3d = memory_reference(object.object("3d"));
  return preset;
}

std::string names_of(const Json& presets) {
  std::string names;
  for (const auto& [name, preset] : presets.items()) names += (names.empty() ? "" : ", ") + name;
  return names;
}

}  // namespace

PlannerPreset planner_preset(const std::string& name) {
  if (name.ends_with(".json")) return preset_from_json({read_json(name), name});
  const Json presets = built_in_config("planners");
  if (!presets.contains(name))
    throw Error("planner \"" + name + "\"", "is not known",
                "use " + names_of(presets) + " or a .json file");
  return preset_from_json({presets[name], "planner " + name});
}

}  // namespace seg::plan
