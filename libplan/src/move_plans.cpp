#include "seg/plan/error.hpp"
#include "seg/plan/planner.hpp"

namespace seg::plan {
namespace {

void check_same_channels(const Plans& source, const Dataset& dataset) {
  const std::size_t planned = source.intensities.size(), given = dataset.channel_names.size();
  if (planned != given)
    throw Error(source.source,
                "is for " + std::to_string(planned) + " channels, " + dataset.name + " has " +
                    std::to_string(given),
                "take a model for as many channels");
}

std::string new_identifier(const std::string& old, const std::string& from, const std::string& to) {
  return old.starts_with(from) ? to + old.substr(from.size()) : to + "_" + old;
}

}  // namespace

Plans move_plans(const Plans& source, const Dataset& dataset, const MovePlansOptions& options) {
  check_same_channels(source, dataset);
  const auto name = options.plans_name.value_or(source.plans_name + "From" + source.dataset_name);
  Json json = source.json;
  json["dataset_name"] = dataset.name;
  json["plans_name"] = name;
  if (options.image_reader_writer) json["image_reader_writer"] = *options.image_reader_writer;
  for (auto& [key, configuration] : json["configurations"].items())
    if (configuration.contains("data_identifier"))
      configuration["data_identifier"] =
          new_identifier(configuration["data_identifier"], source.plans_name, name);
  return plans_from_json(json, "plan of " + dataset.name);
}

}  // namespace seg::plan
