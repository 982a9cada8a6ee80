#include "seg/data/scan_reading.hpp"

#include <algorithm>
#include <cctype>

#include "image/image_format.hpp"
#include "image/nifti_file.hpp"
#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;
using Kind = ImageReader::Kind;

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

bool has_ending(const fs::path& file, const std::string& ending) {
  return lower_case(image_ending(file)) == lower_case(ending);
}

bool has_tiff_ending(const fs::path& file) {
  return has_ending(file, ".tif") || has_ending(file, ".tiff");
}

ImageReader reader_of_volume(const fs::path& scan, const ImageReader& model) {
  if (model.kind == Kind::picture)
    throw Error(scan.string(), "is a volume, but the model was made for pictures",
                "give slices of it as .png or .tif");
  if (model.kind == Kind::nibabel && is_nifti(scan)) return model;
  return {Kind::itk, model.reorients};
}

ImageReader reader_of_picture(const fs::path& scan, const ImageReader& model) {
  if (model.kind == Kind::picture) return model;
  if (!has_tiff_ending(scan))
    throw Error(scan.string(), "is a picture, but the model needs to know millimetres",
                "convert it to a format that has them, such as .nii.gz");
  if (model.reorients)
    throw Error(scan.string(), "does not say how it lies in a patient, which the model needs",
                "convert it to a format that does, such as .nii.gz");
  return {Kind::tiff_stack, false};
}

/// As if it had been written to NIfTI and read again.
void round_spacing(Geometry& geometry) {
  geometry.affine_spacing = geometry.spacing;
  for (double& length : geometry.spacing) length = static_cast<float>(length);
}

}  // namespace

ImageReader reader_for(const fs::path& scan, const ScanReading& reading) {
  if (has_ending(scan, reading.file_ending)) return reading.reader;
  return is_picture(scan) ? reader_of_picture(scan, reading.reader)
                          : reader_of_volume(scan, reading.reader);
}

ImageReader label_map_reader(const fs::path& file, const ImageReader& reader) {
  if (reader.kind == Kind::nibabel && !is_nifti(file)) return {Kind::itk, reader.reorients};
  return reader;
}

Image read_scan(const Case& scan, const ScanReading& reading, const Reporter& reporter) {
  const fs::path& first = scan.channels.at(0);
  Image image = read_image(scan.channels, reader_for(first, reading), reporter);
  if (is_nifti("scan" + lower_case(reading.file_ending)) && !is_nifti(first) &&
      image.geometry.dimensions == 3)
    round_spacing(image.geometry);
  return image;
}

}  // namespace seg::data
