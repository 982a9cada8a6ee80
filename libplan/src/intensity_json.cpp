#include "intensity_json.hpp"

#include <utility>

#include "json_field.hpp"

namespace seg::plan {
namespace {

using Field = std::pair<const char*, double IntensityProperties::*>;

constexpr Field property_fields[] = {{"max", &IntensityProperties::max},
                                     {"mean", &IntensityProperties::mean},
                                     {"median", &IntensityProperties::median},
                                     {"min", &IntensityProperties::min},
                                     {"percentile_00_5", &IntensityProperties::percentile_00_5},
                                     {"percentile_99_5", &IntensityProperties::percentile_99_5},
                                     {"std", &IntensityProperties::std}};

IntensityProperties properties_from_json(const JsonObject& object) {
  IntensityProperties properties;
  for (const auto& [name, member] : property_fields) properties.*member = object.get<double>(name);
  return properties;
}

}  // namespace

std::vector<IntensityProperties> intensities_from_json(const Json& json,
                                                       const std::string& source) {
  const JsonObject channels{json, source + ", foreground intensities"};
  std::vector<IntensityProperties> intensities;
  for (std::size_t channel = 0; channel < json.size(); ++channel)
    intensities.push_back(properties_from_json(channels.object(std::to_string(channel))));
  return intensities;
}

Json intensities_to_json(const std::vector<IntensityProperties>& intensities) {
  Json json = Json::object();
  for (std::size_t channel = 0; channel < intensities.size(); ++channel)
    for (const auto& [name, member] : property_fields)
      json[std::to_string(channel)][name] = intensities[channel].*member;
  return json;
}

}  // namespace seg::plan
