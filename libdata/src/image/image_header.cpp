#include "seg/data/image_header.hpp"

#include "image/dicom_file.hpp"
#include "image/dicom_series.hpp"
#include "image/dicom_structure.hpp"
#include "image/image_format.hpp"
#include "image/itk_file.hpp"
#include "seg/data/dicom.hpp"
#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;

/// By the first of its files, as if all were like it.
ImageHeader dicom_header(const std::vector<fs::path>& files) {
  check_dicom_structure(files.at(0));
  const DicomFile first = read_dicom_content(files.at(0));
  const auto slices = static_cast<std::int64_t>(files.size()) * first.frames;
  ImageHeader header{{1, slices, first.rows, first.columns}, {1, 1, 1}};
  if (first.slice_spacing > 0) header.spacing[0] = first.slice_spacing;
  const std::vector<double>& in_plane = first.placed.at(0).pixel_spacing;
  if (in_plane.size() == 2) header.spacing = {header.spacing[0], in_plane[0], in_plane[1]};
  return header;
}

std::optional<ImageHeader> header_of(const fs::path& file) {
  if (is_dicom_file(file)) return dicom_header({file});
  if (fs::is_directory(file)) return dicom_header(dicom_files(file));
  if (!fs::is_regular_file(file)) return std::nullopt;  // a pipe would be waited for
  check_header(file);
  return read_header_with_itk(file);
}

}  // namespace

void check_image_header(const fs::path& file) {
  try {
    if (fs::is_directory(file)) return void(dicom_slices(file));
    header_of(file);
  } catch (const itk::ExceptionObject& exception) {
    throw unreadable(file, exception);
  } catch (const std::out_of_range&) {
    throw Error(file.string(), "has no slice of a DICOM series that says where it lies",
                "export it again");
  }
}

std::optional<ImageHeader> read_image_header(const fs::path& file) try {
  return header_of(file);
} catch (const Error&) {
  return std::nullopt;
} catch (const itk::ExceptionObject&) {
  return std::nullopt;
} catch (const fs::filesystem_error&) {
  return std::nullopt;
} catch (const std::out_of_range&) {  // no slice, or no place
  return std::nullopt;
}

std::optional<ImageHeader> read_image_header(const std::vector<fs::path>& channels) {
  std::optional<ImageHeader> all;
  for (const fs::path& file : channels) {
    const auto header = read_image_header(file);
    if (!header) return std::nullopt;
    if (all)
      all->shape[0] += header->shape[0];
    else
      all = header;
  }
  return all;
}

std::int64_t reading_memory(const ImageHeader& scan) {
  // Channels as floats, and in the file or cropped; mask, labels, and what finds holes.
  return (8 * scan.shape[0] + 30) * scan.shape[1] * scan.shape[2] * scan.shape[3];
}

}  // namespace seg::data
