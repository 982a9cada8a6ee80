#include "seg/data/scan_reading.hpp"

#include "image/image_format.hpp"
#include "image/nifti_file.hpp"
#include "seg/data/dicom.hpp"
#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;
using Kind = ImageReader::Kind;

ImageReader reader_of_volume(const fs::path& scan, const ImageReader& model) {
  if (model.kind == Kind::picture)
    throw Error(scan.string(), "is a volume, but the model was made for pictures",
                "give slices of it as .png or .tif");
  if (model.kind == Kind::nibabel && is_nifti(scan)) return model;
  return {Kind::itk, model.reorients};
}

ImageReader reader_of_picture(const fs::path& scan, const ImageReader& model) {
  if (model.kind == Kind::picture) return model;
  if (!known_ending(scan).starts_with(".tif"))
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
  std::error_code code;
  if (fs::is_directory(scan, code) || is_dicom_file(scan))
    return reader_of_volume(scan, reading.reader);
  if (known_ending(scan) == known_ending("scan" + reading.file_ending)) return reading.reader;
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
  if (is_nifti("scan" + reading.file_ending) && !is_nifti(first) && image.geometry.dimensions == 3)
    round_spacing(image.geometry);
  return image;
}

}  // namespace seg::data
