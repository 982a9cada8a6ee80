#include "store/case_record.hpp"

#include "seg/plan/error.hpp"

namespace seg::data {
namespace fs = std::filesystem;
namespace {

Json to_json(const Geometry& geometry) {
  return {{"spacing", geometry.spacing},
          {"origin", geometry.origin},
          {"direction", geometry.direction},
          {"dimensions", geometry.dimensions},
          {"affine_spacing", geometry.affine_spacing ? Json(*geometry.affine_spacing) : Json()},
          {"stored_axes", geometry.stored.axis},
          {"stored_backwards", geometry.stored.flipped},
          {"image_reader", name_of(geometry.reader)}};
}

Geometry geometry_from_json(const Json& json) {
  Geometry geometry;
  json.at("spacing").get_to(geometry.spacing);
  json.at("origin").get_to(geometry.origin);
  json.at("direction").get_to(geometry.direction);
  json.at("dimensions").get_to(geometry.dimensions);
  json.at("stored_axes").get_to(geometry.stored.axis);
  json.at("stored_backwards").get_to(geometry.stored.flipped);
  if (const Json& lengths = json.at("affine_spacing"); !lengths.is_null())
    lengths.get_to(geometry.affine_spacing.emplace());
  if (const std::string name = json.at("image_reader"); !name.empty())
    geometry.reader = image_reader(name, "the record of a case");
  return geometry;
}

Json to_json(const CaseProperties& properties) {
  return {{"geometry", to_json(properties.geometry)},
          {"shape_before_cropping", properties.shape_before_cropping},
          {"crop_box", {{"lower", properties.box.lower}, {"upper", properties.box.upper}}},
          {"shape_after_cropping", properties.shape_after_cropping},
          {"spacing", properties.spacing},
          {"target_spacing", properties.target_spacing}};
}

CaseProperties properties_from_json(const Json& json) {
  CaseProperties properties;
  properties.geometry = geometry_from_json(json.at("geometry"));
  json.at("shape_before_cropping").get_to(properties.shape_before_cropping);
  json.at("crop_box").at("lower").get_to(properties.box.lower);
  json.at("crop_box").at("upper").get_to(properties.box.upper);
  json.at("shape_after_cropping").get_to(properties.shape_after_cropping);
  json.at("spacing").get_to(properties.spacing);
  json.at("target_spacing").get_to(properties.target_spacing);
  return properties;
}

}  // namespace

CaseFiles case_files(const fs::path& folder, const std::string& name) {
  return {folder / (name + ".npy"), folder / (name + "_seg.npy"),
          folder / (name + "_locations.npy"), folder / (name + ".json")};
}

void write_case_record(const fs::path& file, const CaseRecord& record) {
  write_json(file, {{"made_from", record.made_from},
                    {"properties", to_json(record.properties)},
                    {"class_location_counts", record.location_counts}});
}

CaseRecord read_case_record(const fs::path& file) {
  const Json json = read_json(file);
  try {
    return {json.at("made_from"), properties_from_json(json.at("properties")),
            json.at("class_location_counts").get<std::vector<std::int64_t>>()};
  } catch (const Json::exception&) {
    throw Error(file.string(), "is no record of a preprocessed case",
                "remove it and preprocess again");
  }
}

}  // namespace seg::data
