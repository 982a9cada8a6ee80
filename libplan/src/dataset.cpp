#include "seg/plan/dataset.hpp"

#include "json_field.hpp"
#include "seg/plan/file_name.hpp"
#include "seg/plan/labels.hpp"
#include "seg/plan/nearest_entry.hpp"

namespace seg::plan {
namespace {

std::vector<std::string> channel_names(const JsonObject& object) {
  const JsonObject channels = object.object(
      object.has("modality") && !object.has("channel_names") ? "modality" : "channel_names");
  std::vector<std::string> names;
  for (const auto& [key, value] : channels.json.items())
    names.push_back(channels.get<std::string>(key));
  if (names.empty()) throw Error(channels.source, "names no channel");
  return names;
}

std::vector<int> label_values(const JsonObject& labels, const std::string& name) {
  const Json& value = labels.at(name);
  const Json values = value.is_array() ? value : Json::array({value});
  for (const auto& number : values)
    if (!number.is_number_integer())
      throw Error(labels.source, "\"" + name + "\" has the value " + number.dump(),
                  "give each name a whole number or a list of them, as in \"background\": 0");
  return values.get<std::vector<int>>();
}

std::vector<LabelEntry> label_entries(const JsonObject& object) {
  const JsonObject labels = object.object("labels");
  std::vector<LabelEntry> entries;
  for (const auto& [name, value] : labels.json.items())
    entries.push_back({name, label_values(labels, name), value.is_array()});
  return entries;
}

std::optional<std::string> reader(const JsonObject& object) {
  const auto name = object.get_or<std::string>("overwrite_image_reader_writer", "None");
  return name == "None" ? std::nullopt : std::optional(name);
}

}  // namespace

Dataset dataset_from_json(const Json& json, const std::string& name, const std::string& source) {
  const JsonObject object{json, source};
  Dataset dataset;
  dataset.name = name;
  dataset.channel_names = channel_names(object);
  dataset.labels = label_entries(object);
  dataset.regions_class_order = object.get_or<std::vector<int>>("regions_class_order", {});
  dataset.training_cases = object.get<int>("numTraining");
  dataset.file_ending = object.get<std::string>("file_ending");
  require_file_name({source, "file_ending", dataset.file_ending});
  dataset.image_reader_writer = reader(object);
  dataset.json = json;
  check_labels(dataset, source);
  return dataset;
}

Dataset read_dataset(const std::filesystem::path& folder) {
  const auto file = folder / "dataset.json";
  if (!std::filesystem::exists(folder))
    throw Error(ErrorKind::not_found,
                {folder.string(), "there is no such folder", nearest_entry(folder)});
  if (!std::filesystem::exists(file))
    throw Error(folder.string(), "has no dataset.json",
                "give a folder in nnU-Net's dataset format");
  const auto path = std::filesystem::weakly_canonical(folder);
  const auto name = path.has_filename() ? path.filename() : path.parent_path().filename();
  return dataset_from_json(read_json(file), name.string(), file.string());
}

}  // namespace seg::plan
