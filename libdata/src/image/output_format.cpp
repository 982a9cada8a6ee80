#include "seg/data/output_format.hpp"

#include <algorithm>

#include "image/image_format.hpp"
#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;

const Geometry plain;

bool has_place(const Geometry& geometry) {
  return geometry.origin != plain.origin || geometry.direction != plain.direction;
}

/// A TIFF may hold a stack, whose spacing lies in a file beside it; other pictures are one slice.
bool fits_picture(const fs::path& file, const Geometry& geometry) {
  if (has_place(geometry)) return false;
  return geometry.dimensions == 2 ? geometry.spacing == plain.spacing
                                  : known_ending(file).starts_with(".tif");
}

bool fits(const fs::path& file, const Geometry& geometry) {
  if (is_picture(file)) return fits_picture(file, geometry);
  return known_ending(file) != ".gipl" || geometry.direction == plain.direction;
}

}  // namespace

std::string output_ending(const std::string& type) {
  const std::string ending = (type.starts_with('.') ? "" : ".") + type;
  if (image_ending("x" + ending) != ending || has_separate_voxels("x" + ending))
    throw Error(SettingValue{"output_type", type}, "is no format in which label maps are written",
                "take nii.gz, nii, nrrd or mha, or of pictures png, tif or bmp");
  return ending;
}

bool holds_fractions(const fs::path& file) { return !is_picture(file); }

void require_room_for_geometry(const fs::path& file, const Geometry& geometry) {
  if (!fits(file, geometry))
    throw Error(file.string(), "a file of this type cannot say where the scan lies",
                "choose another output type, such as nii.gz");
}

}  // namespace seg::data
