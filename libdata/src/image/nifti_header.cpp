#include <nifti1_io.h>

#include <algorithm>
#include <string_view>

#include "image/file_header.hpp"
#include "image/image_format.hpp"
#include "image/nifti_file.hpp"
#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;

bool is_count_of_axes(short number) { return number >= 1 && number <= 7; }

/// In the byte order of the machine; the number of axes tells the order, as in the NIfTI library.
nifti_1_header raw_header(const fs::path& file) {
  nifti_1_header header{};
  const std::string bytes = first_bytes(file, sizeof header);
  std::memcpy(&header, bytes.data(), bytes.size());
  if (!is_count_of_axes(header.dim[0])) swap_nifti_header(&header, true);
  if (bytes.size() < sizeof header || !is_count_of_axes(header.dim[0]))
    throw Error(file.string(), "its content is not what its name says or is damaged",
                "export the scan again");
  if (std::string_view(header.magic, 3) != "n+1")
    throw Error(file.string(), "has no NIfTI header but an older one (Analyze) or a damaged one",
                "export the scan again, as NIfTI");
  return header;
}

double voxels_of(const nifti_1_header& header, const fs::path& file) {
  std::string size;
  double voxels = 1;
  for (int axis = 1; axis <= header.dim[0]; ++axis) {
    size.append(axis > 1 ? " x " : "").append(std::to_string(header.dim[axis]));
    voxels *= std::max<short>(header.dim[axis], 0);
  }
  if (voxels == 0) throw Error(file.string(), "the image has no voxels (size " + size + ")");
  return voxels;
}

double available_bytes(const fs::path& file) {
  const auto size = static_cast<double>(fs::file_size(file));
  return known_ending(file).ends_with(".gz") ? most_per_packed_byte * size : size;
}

void check_length(const nifti_1_header& header, const fs::path& file) {
  const double voxels = voxels_of(header, file), offset = header.vox_offset;
  if (!(offset >= 0 && offset < 1e9)) refuse_header(file, "its voxels begin nowhere");
  int bytes = 0, swapped = 0;
  nifti_datatype_sizes(header.datatype, &bytes, &swapped);
  if (bytes == 0)  // of which the NIfTI library would print lines of its own
    throw Error(file.string(), "has voxels of a kind that is not supported",
                "store whole numbers or floats");
  require_bytes(file,
                {std::max<double>(offset, sizeof header) + voxels * bytes, available_bytes(file)});
}

/// The NIfTI library would take 1 for 0 without a word.
void check_spacing(const nifti_1_header& header, const fs::path& file) {
  for (int axis = 1; axis <= std::min<int>(header.dim[0], 3); ++axis)
    if (header.dim[axis] > 1 && header.pixdim[axis] == 0)
      throw Error(file.string(),
                  "its spacing along axis " + std::to_string(axis) +
                      " is 0 (pixdim), which must be above 0",
                  "correct the spacing in the header");
}

void check_place(const nifti_1_header& header, const fs::path& file) {
  const auto require = [&](const char* field, const float* numbers, int count) {
    require_in_space(file, field, {numbers, numbers + count});
  };
  require("pixdim", header.pixdim + 1, std::min<int>(header.dim[0], 3));
  if (header.qform_code > 0) {
    require("quatern", &header.quatern_b, 3);
    require("qoffset", &header.qoffset_x, 3);
  }
  if (header.sform_code > 0) {
    require("srow_x", header.srow_x, 4);
    require("srow_y", header.srow_y, 4);
    require("srow_z", header.srow_z, 4);
  }
}

}  // namespace

void check_nifti_header(const fs::path& file) {
  const nifti_1_header header = raw_header(file);
  check_length(header, file);
  check_spacing(header, file);
  check_place(header, file);
}

}  // namespace seg::data
