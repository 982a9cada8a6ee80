#include "seg/plan/plans.hpp"

#include "check_plans.hpp"
#include "configuration_json.hpp"
#include "intensity_json.hpp"
#include "json_field.hpp"
#include "seg/plan/joined.hpp"

namespace seg::plan {
namespace {

const char* intensities_key(const JsonObject& object) {
  constexpr auto old_key = "foreground_intensity_properties_by_modality";
  constexpr auto new_key = "foreground_intensity_properties_per_channel";
  return object.has(old_key) && !object.has(new_key) ? old_key : new_key;
}

}  // namespace

std::vector<std::string> Plans::configuration_names() const {
  std::vector<std::string> names;
  for (const auto& [name, value] : json.at("configurations").items()) names.push_back(name);
  return names;
}

Configuration Plans::configuration(const std::string& name) const {
  const JsonObject all{json.at("configurations"), source + ", configurations"};
  if (!all.has(name))
    throw Error(source, "has no configuration \"" + name + "\"",
                "it has " + joined(configuration_names()));
  const Configuration found =
      configuration_from_json(name, inherited(all, name), source + ", configuration " + name);
  check_configuration(found, *this);
  return found;
}

Plans plans_from_json(const Json& json, const std::string& source) {
  const JsonObject object{json, source};
  Plans plans;
  plans.source = source;
  plans.json = json;
  plans.dataset_name = object.get<std::string>("dataset_name");
  plans.plans_name = object.get<std::string>("plans_name");
  plans.original_median_spacing_after_transp =
      object.get<std::array<double, 3>>("original_median_spacing_after_transp");
  plans.original_median_shape_after_transp =
      object.get<std::array<std::int64_t, 3>>("original_median_shape_after_transp");
  plans.image_reader_writer = object.get<std::string>("image_reader_writer");
  plans.transpose_forward = object.get<std::array<int, 3>>("transpose_forward");
  plans.transpose_backward = object.get<std::array<int, 3>>("transpose_backward");
  plans.intensities = intensities_from_json(object.at(intensities_key(object)), source);
  object.object("configurations");
  check_plans(plans);
  return plans;
}

Plans read_plans(const std::filesystem::path& file) {
  return plans_from_json(read_json(file), file.string());
}

}  // namespace seg::plan
