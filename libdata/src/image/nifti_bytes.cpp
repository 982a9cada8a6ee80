#include "seg/data/nifti_bytes.hpp"

#include <nifti1.h>

#include <cstring>
#include <stdexcept>

#include "image/gzip_file.hpp"

namespace seg::data {
namespace {

constexpr std::int64_t header_size = 352;  // with the four bytes that say that no extension follows

nifti_1_header header_of(const at::Tensor& voxels, const Geometry& geometry) {
  nifti_1_header header{};
  header.sizeof_hdr = sizeof header;
  header.dim[0] = 3;
  header.pixdim[0] = 1;
  for (int axis = 0; axis < 3; ++axis) {
    header.dim[1 + axis] = static_cast<short>(voxels.size(2 - axis));
    header.pixdim[1 + axis] = static_cast<float>(geometry.spacing[static_cast<std::size_t>(axis)]);
  }
  header.datatype = voxels.scalar_type() == at::kByte ? DT_UINT8 : DT_INT16;
  header.bitpix = static_cast<short>(8 * voxels.element_size());
  header.vox_offset = header_size;
  header.scl_slope = 1;
  header.xyzt_units = NIFTI_UNITS_MM;
  header.sform_code = NIFTI_XFORM_SCANNER_ANAT;
  const auto affine = nifti_affine(geometry);
  for (std::size_t i = 0; i < 4; ++i) {
    header.srow_x[i] = static_cast<float>(affine[i]);
    header.srow_y[i] = static_cast<float>(affine[4 + i]);
    header.srow_z[i] = static_cast<float>(affine[8 + i]);
  }
  std::memcpy(header.magic, "n+1", 4);
  return header;
}

}  // namespace

at::Tensor nifti_bytes(const at::Tensor& voxels, const Geometry& geometry) {
  if (voxels.dim() != 3 ||
      (voxels.scalar_type() != at::kByte && voxels.scalar_type() != at::kShort))
    throw std::logic_error("nifti_bytes: voxels must be uint8 or int16 [Z, Y, X]");
  const at::Tensor values = voxels.contiguous();
  const nifti_1_header header = header_of(values, geometry);
  const at::Tensor content =
      at::zeros({header_size + static_cast<std::int64_t>(values.nbytes())}, at::kByte);
  auto* bytes = content.data_ptr<std::uint8_t>();
  std::memcpy(bytes, &header, sizeof header);
  std::memcpy(bytes + header_size, values.const_data_ptr(), values.nbytes());
  return packed_with_gzip(content);
}

}  // namespace seg::data
