#include "cases/old_dataset_json.hpp"

#include "seg/plan/dataset.hpp"
#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

Json labels_by_name(const Json& names_by_value) {
  Json labels;
  for (const auto& [value, name] : names_by_value.items())
    labels[name.get<std::string>()] = std::stoi(value);
  return labels;
}

void require_old_form(const Json& json, const std::string& source) {
  for (const char* key : {"labels", "modality"})
    if (!json.contains(key) || !json[key].is_object())
      throw Error(source, std::string("has no \"") + key + "\", so it is of another form",
                  "give a folder of the Medical Segmentation Decathlon or of nnU-Net v1");
}

}  // namespace

Json converted_dataset_json(const std::filesystem::path& file) {
  Json json = read_json(file);
  require_old_form(json, file.string());
  try {
    json["labels"] = labels_by_name(json["labels"]);
  } catch (const std::exception&) {
    throw Error(file.string(), "its labels are no names by number", "write {\"1\": \"name\", ...}");
  }
  json["file_ending"] = ".nii.gz";
  json["channel_names"] = json["modality"];
  for (const char* key : {"modality", "training", "test", "tensorImageSize", "numTest"})
    json.erase(key);
  plan::dataset_from_json(json, "", file.string());
  return json;
}

}  // namespace seg::data
