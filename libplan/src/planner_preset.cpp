#include "planner_preset.hpp"

#include "json_field.hpp"
#include "seg/plan/built_in_config.hpp"
#include "seg/plan/joined.hpp"
#include "seg/plan/output_name.hpp"
#include "seg/plan/planner.hpp"

namespace seg::plan {
namespace {

using Integers = std::vector<std::int64_t>;

MemoryReference memory_reference(const JsonObject& object) {
  return {object.get<double>("memory_estimate"), object.get<std::int64_t>("batch_size"),
          object.get<std::int64_t>("most_features"), object.get_or("memory_factor", 1.0),
          object.get_or("arch_kwargs", Json(Json::object()))};
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

template <class T>
std::optional<T> optional(const JsonObject& object, const std::string& key) {
  if (!object.has(key)) return std::nullopt;
  return object.get<T>(key);
}

HeadRule head_rule(const JsonObject& object) {
  return {object.get<std::size_t>("count"), object.get_or("weights", std::vector<double>{})};
}

void read_network(const JsonObject& object, PlannerPreset& preset) {
  preset.arch_kwargs = optional<Json>(object, "arch_kwargs");
  preset.arch_kwargs_from_plan = object.get_or("arch_kwargs_from_plan", std::vector<std::string>{});
  preset.features_per_stage = object.get_or("features_per_stage", Integers{});
  preset.poolings = {optional<std::size_t>(object, "most_poolings"),
                     optional<std::size_t>(object, "fixed_poolings")};
  preset.only_2d = object.get_or("only_2d", false);
  if (object.has("heads")) preset.heads = head_rule(object.object("heads"));
  preset.resampling = optional<Json>(object, "resampling");
  preset.training = optional<Json>(object, "training");
}

void read_memory(const JsonObject& object, PlannerPreset& preset) {
  preset.gpu_memory_gb = object.get<double>("gpu_memory_gb");
  preset.target_gpu_memory_gb = object.get_or("target_gpu_memory_gb", preset.gpu_memory_gb);
  preset.parameter_memory_gb = object.get_or("parameter_memory_gb", 0.0);
  preset.shrink_until_smallest_batch_fits = smallest_batch_rule(object);
  preset.largest_share_of_dataset_per_batch =
      object.get<double>("largest_share_of_dataset_per_batch");
  preset.in_2d = memory_reference(object.object("2d"));
  preset.in_3d = memory_reference(object.object("3d"));
}

PlannerPreset preset_from_json(const JsonObject& object) {
  PlannerPreset preset;
  preset.planner_class = object.get<std::string>("planner_class");
  preset.plans_name = object.get<std::string>("plans_name");
  preset.network_class_name = object.get<std::string>("network_class_name");
  preset.shares_fullres_data_of = optional<std::string>(object, "shares_fullres_data_of");
  preset.residual_encoder = object.get<bool>("residual_encoder");
  preset.encoder_blocks_per_stage = blocks(object, "encoder_blocks_per_stage");
  preset.decoder_blocks_per_stage = blocks(object, "decoder_blocks_per_stage");
  preset.first_features = object.get<std::int64_t>("first_features");
  read_memory(object, preset);
  read_network(object, preset);
  return preset;
}

/// All presets of configs/ by their names. Files of other things have no plans_name.
const Json& all_presets() {
  static const Json presets = [] {
    Json found = Json::object();
    for (const auto& file : built_in_config_names()) {
      const Json content = built_in_config(file);
      for (const auto& [name, entry] : content.items())
        if (entry.contains("plans_name")) found[name] = entry;
    }
    return found;
  }();
  return presets;
}

Json preset_json(const std::string& name) {
  if (all_presets().contains(name)) return all_presets()[name];
  for (const auto& [other, entry] : all_presets().items())
    if (entry.value("planner_class", "") == name) return entry;
  throw Error(SettingValue{"preset", name}, "is not known",
              "use " + joined(preset_names()) + " or a .json file");
}

Json completed(const Json& entry) {
  if (!entry.contains("like")) return entry;
  Json whole = completed(preset_json(entry["like"].get<std::string>()));
  whole.merge_patch(entry);
  // A null among the arguments is a value, not something to take away.
  if (entry.contains("resampling")) whole["resampling"] = entry["resampling"];
  return whole;
}

}  // namespace

std::vector<std::string> preset_names() {
  std::vector<std::string> names{"default"};
  for (const auto& [name, entry] : all_presets().items())
    if (name != names.front()) names.push_back(name);
  return names;
}

std::vector<std::string> planner_names() {
  std::vector<std::string> names, classes;
  for (const char* file : {"planners", "resenc"}) {
    const Json presets = built_in_config(file);
    for (const auto& [name, preset] : presets.items()) {
      names.push_back(name);
      classes.push_back(preset.at("planner_class"));
    }
  }
  names.insert(names.end(), classes.begin(), classes.end());
  return names;
}

PlannerPreset planner_preset(const std::string& name) {
  const bool file = has_ending(name, ".json");
  const Json whole = completed(file ? read_json(name) : preset_json(name));
  return preset_from_json({whole, file ? name : "preset " + name});
}

}  // namespace seg::plan
