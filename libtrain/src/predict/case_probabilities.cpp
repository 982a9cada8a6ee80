#include "predict/case_probabilities.hpp"

#include "base/json_value.hpp"
#include "seg/data/scan_reading.hpp"
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

/// nibabel's matrix, row by row.
Json affine_to_json(const data::Geometry& geometry) {
  const auto numbers = data::nifti_affine(geometry);
  Json rows = Json::array();
  for (std::size_t row = 0; row < 4; ++row)
    rows.push_back(
        Json(std::vector<double>(numbers.begin() + static_cast<std::ptrdiff_t>(4 * row),
                                 numbers.begin() + static_cast<std::ptrdiff_t>(4 * row + 4))));
  return rows;
}

/// Which way the file's axes run: "RAS" grows to the Right, Anterior and Superior.
std::string orientation_code(const data::StoredAxes& axes) {
  std::string code;
  for (std::size_t file = 0; file < 3; ++file)
    code += (axes.flipped[file] ? "LPI" : "RAS")[axes.axis[file]];
  return code;
}

/// What nnU-Net's readers keep of a scan to write label maps back onto its grid.
Json reader_properties(const data::Geometry& geometry, at::IntArrayRef shape) {
  const bool by_nibabel = geometry.reader.kind == data::ImageReader::Kind::nibabel;
  Json json = by_nibabel ? Json::object() : geometry_to_json(geometry);
  if (by_nibabel) json["original_affine"] = affine_to_json(data::in_stored_order(geometry, shape));
  if (by_nibabel && geometry.reader.reorients) json["reoriented_affine"] = affine_to_json(geometry);
  if (!by_nibabel && geometry.reader.reorients)
    json["original_orientation"] = orientation_code(geometry.stored);
  return {{by_nibabel ? "nibabel_stuff" : "sitk_stuff", json}};
}

/// The reader that kept such properties, if label maps need it to be put back.
data::ImageReader reader_of(const Json& properties) {
  const char* name = "SimpleITKIO";
  if (properties.contains("nibabel_stuff"))
    name = properties["nibabel_stuff"].contains("reoriented_affine") ? "NibabelIOWithReorient"
                                                                     : "NibabelIO";
  else if (properties.contains("sitk_stuff") &&
           properties["sitk_stuff"].contains("original_orientation"))
    name = "SimpleITKIOWithReorient";
  else if (!properties.contains("sitk_stuff"))
    return {};
  return data::image_reader(name, "properties");
}

/// @param shape of the scan as read, [Z, Y, X].
Json properties_to_json(const data::CaseProperties& properties, at::IntArrayRef shape) {
  Json box = Json::array();
  for (std::size_t axis = 0; axis < 3; ++axis)
    box.push_back({properties.box.lower[axis], properties.box.upper[axis]});
  Json json = reader_properties(properties.geometry, shape);
  json["spacing"] = properties.geometry.array_spacing();
  json["shape_before_cropping"] = properties.shape_before_cropping;
  json["bbox_used_for_cropping"] = box;
  json["shape_after_cropping_and_before_resampling"] = properties.shape_after_cropping;
  return json;
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
  const Json json = properties_to_json(properties, probabilities.sizes().slice(1));
  write_probabilities(with_ending(stem, ".npz"), probabilities);
  net::write_pickle(with_ending(stem, ".pkl"), value_of(json));
  write_json(with_ending(stem, ".json"), json);
}

data::Geometry read_case_geometry(const fs::path& stem, const std::string& file_ending) {
  const Json properties = read_properties(stem);
  const data::ImageReader reader = reader_of(properties);
  try {
    if (properties.contains("sitk_stuff") && !reader.reorients)
      return geometry_from_json(properties["sitk_stuff"]);
  } catch (const std::exception&) {
    throw Error(stem.string(), "its properties are damaged", "predict the case again");
  }
  const fs::path labels = with_ending(stem, file_ending);
  if (!fs::exists(labels))
    throw Error(stem.string() + ".npz",
                "has neither properties nor a label map beside it that tell its grid",
                "predict the case again with `save_probabilities`");
  return data::read_label_map(labels, data::label_map_reader(labels, reader)).geometry;
}

}  // namespace seg::train
