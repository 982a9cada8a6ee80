#include "configuration_json.hpp"

#include <algorithm>

#include "seg/plan/named_architecture.hpp"

namespace seg::plan {
namespace {

Resampling resampling(const JsonObject& object, const std::string& key) {
  return {object.get<std::string>(key), object.object(key + "_kwargs").json};
}

std::optional<std::string> stage(const JsonObject& object, const std::string& key) {
  if (!object.has(key)) return std::nullopt;
  const Json& value = object.at(key);
  const bool list = value.is_array() && !value.empty();
  return JsonObject{Json{{key, list ? value.front() : value}}, object.source}.get<std::string>(key);
}

Json with_architecture(const Json& json, const std::string& source) {
  const JsonObject object{json, source};
  if (object.has("architecture") || !object.has("UNet_class_name")) return json;
  Json converted = without_old_architecture(json);
  converted["architecture"] = architecture_of_old_plans(object);
  return converted;
}

/// By its name alone, as preprocess_like_nnssl of nnU-Net writes it, one of architecture_named().
/// @throws Error for others without arguments.
Architecture architecture(const JsonObject& object) {
  const Json& name = object.at("network_class_name");
  if (!object.has("arch_kwargs") && name.is_string())
    if (const auto named = architecture_named(name.get<std::string>())) return *named;
  if (!object.has("arch_kwargs"))
    throw Error(object.source,
                "the network " + object.at("network_class_name").dump() + " has no \"arch_kwargs\"",
                "describe it there, or plan with --like CHECKPOINT if it is one of nnssl");
  return {object.get<std::string>("network_class_name"), object.object("arch_kwargs").json,
          object.at("_kw_requires_import")};
}

void read_geometry(const JsonObject& object, Configuration& configuration) {
  configuration.batch_size = object.get<std::int64_t>("batch_size");
  configuration.patch_size = object.get<std::vector<std::int64_t>>("patch_size");
  configuration.median_image_size_in_voxels =
      object.get<std::vector<double>>("median_image_size_in_voxels");
  configuration.spacing = object.get<std::vector<double>>("spacing");
}

void read_intensity_rules(const JsonObject& object, Configuration& configuration) {
  configuration.normalization_schemes =
      object.get<std::vector<std::string>>("normalization_schemes");
  configuration.use_mask_for_norm = object.get<std::vector<bool>>("use_mask_for_norm");
}

void read_resampling(const JsonObject& object, Configuration& configuration) {
  configuration.resampling_data = resampling(object, "resampling_fn_data");
  configuration.resampling_seg = resampling(object, "resampling_fn_seg");
  configuration.resampling_probabilities = resampling(object, "resampling_fn_probabilities");
}

void read_training(const JsonObject& object, Configuration& configuration) {
  configuration.head_scales = object.get_or("head_scales", configuration.head_scales);
  configuration.head_weights = object.get_or("head_weights", configuration.head_weights);
  if (object.has("training")) configuration.training = object.object("training").json;
}

}  // namespace

Json inherited(const JsonObject& configurations, const std::string& name) {
  std::vector<std::string> line{name};
  while (configurations.object(line.back()).has("inherits_from")) {
    const auto parent = configurations.object(line.back()).get<std::string>("inherits_from");
    if (std::ranges::find(line, parent) != line.end())
      throw Error(configurations.source,
                  "\"" + name + "\" inherits from itself by way of \"" + line.back() + "\"");
    line.push_back(parent);
  }
  Json json = Json::object();
  for (auto ancestor = line.rbegin(); ancestor != line.rend(); ++ancestor)
    json.update(configurations.at(*ancestor));
  return json;
}

Configuration configuration_from_json(const std::string& name, const Json& json,
                                      const std::string& source) {
  Configuration configuration;
  configuration.name = name;
  configuration.json = with_architecture(json, source);
  const JsonObject object{configuration.json, source};
  configuration.data_identifier = object.get<std::string>("data_identifier");
  configuration.preprocessor_name = object.get<std::string>("preprocessor_name");
  read_geometry(object, configuration);
  read_intensity_rules(object, configuration);
  read_resampling(object, configuration);
  configuration.architecture = architecture(object.object("architecture"));
  configuration.batch_dice = object.get<bool>("batch_dice");
  configuration.previous_stage = stage(object, "previous_stage");
  configuration.next_stage = stage(object, "next_stage");
  read_training(object, configuration);
  return configuration;
}

}  // namespace seg::plan
