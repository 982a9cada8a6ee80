#include "seg/data/output_format.hpp"

#include <string_view>

#include "image/image_format.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/output_name.hpp"

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
  if (type == "dicom-seg") return ".dcm";
  const std::string ending = (type.starts_with('.') ? "" : ".") + type;
  if (ending == ".dcm") return ending;
  if (image_ending("x" + ending) != ending || has_separate_voxels("x" + ending))
    throw Error(SettingValue{"output_type", type}, "is no format in which label maps are written",
                "take nii.gz, nii, nrrd, mha or dicom-seg, or of pictures png, tif or bmp");
  return ending;
}

void require_output_ending(const std::string& ending) {
  const fs::path name = "x" + ending;
  if (image_ending(name).empty() || has_separate_voxels(name))
    throw Error("the model's dataset.json",
                "\"file_ending\" is \"" + ending + "\", in which no label maps are written",
                "choose one with `output_type=nii.gz`");
}

std::string segmentation_ending(const fs::path& file) {
  return is_dicom_name(file) ? file.extension().string() : image_ending(file);
}

bool is_dicom_name(const fs::path& file) {
  return has_ending(file, ".dcm") && file.has_extension();
}

void require_writable_name(const fs::path& file) {
  const fs::path stem = without_image_ending(file);
  const std::string_view own = known_ending(file), before = known_ending(stem);
  if (has_separate_voxels(file))
    throw Error(file.string(), "is of a format of two files, which is only read",
                "give a name that ends in .nii.gz, .nii, .nrrd or .mha");
  if (!stem.has_filename() && !own.empty())
    throw Error(file.string(), "is an ending without a name", "give a name before it");
  if (!own.empty() && before.substr(0, 4) == own.substr(0, 4))
    throw Error(file.string(),
                "ends twice, in " + image_ending(stem) + " and " + image_ending(file),
                "give " + without_image_ending(stem).string() + image_ending(file));
}

void require_picture_name(const fs::path& file) {
  if (!is_picture(file))
    throw Error(file.string(), "a picture cannot be written in this format", "name it .png");
  require_writable_name(file);
}

bool holds_fractions(const fs::path& file) { return !is_picture(file) && !is_dicom_name(file); }

void require_room_for_geometry(const fs::path& file, const Geometry& geometry) {
  if (!fits(file, geometry))
    throw Error(file.string(), "a file of this type cannot say where the scan lies",
                "choose another with `output_type=nii.gz`");
}

}  // namespace seg::data
