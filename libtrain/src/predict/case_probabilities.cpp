#include "predict/case_probabilities.hpp"

#include "base/json_value.hpp"
#include "seg/net/checkpoint_file.hpp"
#include "seg/plan/error.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

fs::path with_ending(const fs::path& stem, const std::string& ending) {
  return stem.string() + ending;
}

/// Spacing, origin and direction in as many axes as the scan has.
Json geometry_to_json(const data::Geometry& geometry) {
  Json spacing, origin, direction;
  for (int axis = 0; axis < geometry.dimensions; ++axis) {
    spacing.push_back(geometry.spacing[axis]);
    origin.push_back(geometry.origin[axis]);
    for (int column = 0; column < geometry.dimensions; ++column)
      direction.push_back(geometry.direction[3 * axis + column]);
  }
  return {{"spacing", spacing}, {"origin", origin}, {"direction", direction}};
}

data::Geometry geometry_from_json(const Json& json) {
  data::Geometry geometry;
  geometry.dimensions = static_cast<int>(json.at("spacing").size());
  for (int axis = 0; axis < geometry.dimensions; ++axis) {
    geometry.spacing.at(axis) = json.at("spacing").at(axis);
    geometry.origin[axis] = json.at("origin").at(axis);
    for (int column = 0; column < geometry.dimensions; ++column)
      geometry.direction[3 * axis + column] =
          json.at("direction").at(geometry.dimensions * axis + column);
  }
  return geometry;
}

Json properties_to_json(const data::CaseProperties& properties) {
  Json box = Json::array();
  for (std::size_t axis = 0; axis < 3; ++axis)
    box.push_back({properties.box.lower[axis], properties.box.upper[axis]});
  return {{"sitk_stuff", geometry_to_json(properties.geometry)},
          {"spacing", properties.geometry.array_spacing()},
          {"shape_before_cropping", properties.shape_before_cropping},
          {"bbox_used_for_cropping", box},
          {"shape_after_cropping_and_before_resampling", properties.shape_after_cropping}};
}

/// Null when there are none.
Json read_properties(const fs::path& stem) {
  if (fs::exists(with_ending(stem, ".json"))) return read_json(with_ending(stem, ".json"));
  if (fs::exists(with_ending(stem, ".pkl")))
    return json_of(net::read_checkpoint(with_ending(stem, ".pkl")));
  return {};
}

}  // namespace

void write_case_probabilities(const fs::path& stem, const at::Tensor& probabilities,
                              const data::CaseProperties& properties) {
  const Json json = properties_to_json(properties);
  write_probabilities(with_ending(stem, ".npz"), probabilities);
  net::write_pickle(with_ending(stem, ".pkl"), value_of(json));
  write_json(with_ending(stem, ".json"), json);
}

data::Geometry read_case_geometry(const fs::path& stem, const std::string& file_ending) {
  const Json properties = read_properties(stem);
  try {
    if (properties.contains("sitk_stuff")) return geometry_from_json(properties["sitk_stuff"]);
  } catch (const std::exception&) {
    throw Error(stem.string(), "its properties are damaged", "predict the case again");
  }
  const fs::path labels = with_ending(stem, file_ending);
  if (!fs::exists(labels))
    throw Error(stem.string() + ".npz", "has neither properties nor a label map beside it",
                "predict the case again and save probabilities");
  return data::read_label_map(labels).geometry;
}

}  // namespace seg::train
