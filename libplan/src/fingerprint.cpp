#include "seg/plan/fingerprint.hpp"

#include "intensity_json.hpp"
#include "json_field.hpp"

namespace seg::plan {

namespace {

void check(const Fingerprint& fingerprint, const std::string& source) {
  if (fingerprint.spacings.size() != fingerprint.shapes_after_crop.size())
    throw Error(source,
                std::to_string(fingerprint.spacings.size()) + " spacings but " +
                    std::to_string(fingerprint.shapes_after_crop.size()) + " shapes_after_crop",
                "extract the fingerprint again");
  if (fingerprint.spacings.empty())
    throw Error(source, "describes no case", "extract the fingerprint again");
}

}  // namespace

Fingerprint fingerprint_from_json(const Json& json, const std::string& source) {
  const JsonObject object{json, source};
  Fingerprint fingerprint;
  fingerprint.intensities =
      intensities_from_json(object.at("foreground_intensity_properties_per_channel"), source);
  fingerprint.median_relative_size_after_cropping =
      object.get<double>("median_relative_size_after_cropping");
  fingerprint.shapes_after_crop =
      object.get<std::vector<std::array<std::int64_t, 3>>>("shapes_after_crop");
  fingerprint.spacings = object.get<std::vector<std::array<double, 3>>>("spacings");
  if (json.contains("image_reader_writer"))
    fingerprint.image_reader = object.get<std::string>("image_reader_writer");
  check(fingerprint, source);
  return fingerprint;
}

Json to_json(const Fingerprint& fingerprint) {
  Json json;
  json["foreground_intensity_properties_per_channel"] =
      intensities_to_json(fingerprint.intensities);
  json["median_relative_size_after_cropping"] = fingerprint.median_relative_size_after_cropping;
  json["shapes_after_crop"] = fingerprint.shapes_after_crop;
  json["spacings"] = fingerprint.spacings;
  if (fingerprint.image_reader) json["image_reader_writer"] = *fingerprint.image_reader;
  return json;
}

Fingerprint read_fingerprint(const std::filesystem::path& file) {
  return fingerprint_from_json(read_json(file), file.string());
}

}  // namespace seg::plan
