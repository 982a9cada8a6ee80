#include "image/nibabel_file.hpp"

#include <nifti1_io.h>

#include <cmath>
#include <cstring>
#include <memory>

#include "image/gzip_file.hpp"
#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;

// In ITK's world x and y point the other way than in NIfTI's.
constexpr std::array<double, 3> to_itk{-1, -1, 1};

mat44 base_affine(const nifti_image& header) {
  mat44 affine{};
  const float steps[] = {-header.dx, header.dy, header.dz};
  const int sizes[] = {header.nx, header.ny, header.nz};
  for (int axis = 0; axis < 3; ++axis) {
    affine.m[axis][axis] = steps[axis];
    affine.m[axis][3] = -steps[axis] * static_cast<float>(sizes[axis] - 1) / 2;
  }
  return affine;
}

mat44 best_affine(const nifti_image& header) {
  if (header.sform_code > 0) return header.sto_xyz;
  if (header.qform_code > 0) return header.qto_xyz;
  return base_affine(header);
}

double column_length(const mat44& affine, int column) {
  const auto& rows = affine.m;
  return std::hypot(double{rows[0][column]}, double{rows[1][column]}, double{rows[2][column]});
}

mat44 affine_of(const Geometry& geometry) {
  const auto numbers = nifti_affine(geometry);
  mat44 affine{};
  for (std::size_t i = 0; i < numbers.size(); ++i)
    affine.m[i / 4][i % 4] = static_cast<float>(numbers[i]);
  return affine;
}

/// As the qform, but without a code: readers go by the sform.
void set_quaternion(nifti_1_header& header, const mat44& affine) {
  nifti_mat44_to_quatern(affine, &header.quatern_b, &header.quatern_c, &header.quatern_d,
                         &header.qoffset_x, &header.qoffset_y, &header.qoffset_z, &header.pixdim[1],
                         &header.pixdim[2], &header.pixdim[3], &header.pixdim[0]);
}

short datatype_of(at::ScalarType type) {
  if (type == at::kFloat) return DT_FLOAT32;
  if (type == at::kShort) return DT_INT16;
  return type == at::kByte ? DT_UINT8 : DT_UINT16;
}

nifti_1_header header_for(const at::Tensor& voxels, const Geometry& geometry) {
  nifti_1_header header{};
  header.sizeof_hdr = sizeof header;
  const auto axes = static_cast<short>(voxels.dim());
  header.dim[0] = axes;
  for (short axis = 1; axis < 8; ++axis) {
    header.dim[axis] = axis <= axes ? static_cast<short>(voxels.size(axes - axis)) : short{1};
    header.pixdim[axis] = 1;
  }
  header.datatype = datatype_of(voxels.scalar_type());
  header.bitpix = static_cast<short>(8 * voxels.element_size());
  header.vox_offset = sizeof header + 4;
  header.xyzt_units = NIFTI_UNITS_MM;
  header.sform_code = NIFTI_XFORM_ALIGNED_ANAT;
  const mat44 affine = affine_of(geometry);
  set_quaternion(header, affine);
  std::memcpy(header.srow_x, affine.m[0], sizeof header.srow_x);
  std::memcpy(header.srow_y, affine.m[1], sizeof header.srow_y);
  std::memcpy(header.srow_z, affine.m[2], sizeof header.srow_z);
  std::memcpy(header.magic, "n+1", 4);
  return header;
}

/// A whole file, not packed.
at::Tensor nifti_bytes(const at::Tensor& voxels, const Geometry& geometry) {
  const at::Tensor values = voxels.cpu().contiguous();
  const nifti_1_header header = header_for(values, geometry);
  constexpr std::int64_t offset = sizeof header + 4;  // 4 bytes say that nothing lies between
  const at::Tensor content =
      at::zeros({offset + static_cast<std::int64_t>(values.nbytes())}, at::kByte);
  auto* bytes = content.mutable_data_ptr<std::uint8_t>();
  std::memcpy(bytes, &header, sizeof header);
  std::memcpy(bytes + offset, values.const_data_ptr(), values.nbytes());
  return content;
}

}  // namespace

std::array<double, 16> nifti_affine(const Geometry& geometry) {
  std::array<double, 16> affine{};
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t column = 0; column < 3; ++column)
      affine[4 * row + column] =
          to_itk[row] * geometry.direction[3 * row + column] * geometry.step()[column];
    affine[4 * row + 3] = to_itk[row] * geometry.origin[row];
  }
  affine[15] = 1;
  return affine;
}

Geometry nibabel_geometry(const fs::path& file) {
  const std::unique_ptr<nifti_image, decltype(&nifti_image_free)> header(
      nifti_image_read(file.c_str(), 0), &nifti_image_free);
  if (!header) throw Error(file.string(), "is no readable NIfTI file", "export the scan again");
  if (header->ndim != 3)
    throw Error(file.string(),
                "has " + std::to_string(header->ndim) + " axes, but nibabel's readers take three",
                "store one volume a file, or plan with SimpleITKIO");
  const mat44 affine = best_affine(*header);
  Geometry geometry;
  geometry.spacing = {std::abs(header->dx), std::abs(header->dy), std::abs(header->dz)};
  geometry.affine_spacing.emplace();
  for (int column = 0; column < 3; ++column) {
    const double length = column_length(affine, column);
    if (!(length > 0))
      throw Error(file.string(), "its affine matrix has an empty column",
                  "the header does not say where voxels lie: export the scan again");
    (*geometry.affine_spacing)[static_cast<std::size_t>(column)] = length;
    for (std::size_t row = 0; row < 3; ++row)
      geometry.direction[3 * row + static_cast<std::size_t>(column)] =
          to_itk[row] * affine.m[row][column] / length;
  }
  for (std::size_t row = 0; row < 3; ++row) geometry.origin[row] = to_itk[row] * affine.m[row][3];
  return geometry;
}

void write_as_nibabel(const fs::path& file, const at::Tensor& voxels, const Geometry& geometry) {
  write_packed(file, nifti_bytes(voxels, geometry));
}

at::Tensor packed_nifti(const at::Tensor& voxels, const Geometry& geometry) {
  return packed_with_gzip(nifti_bytes(voxels, geometry));
}

}  // namespace seg::data
