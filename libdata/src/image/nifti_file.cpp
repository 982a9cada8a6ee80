#include "image/nifti_file.hpp"

#include <nifti1_io.h>
#include <vnl/algo/vnl_svd_fixed.h>
#include <vnl/vnl_matrix_fixed.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <optional>
#include <sstream>

#include "image/gzip_file.hpp"
#include "image/image_format.hpp"
#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;
using Matrix = vnl_matrix_fixed<double, 3, 3>;
using NiftiHeader = std::unique_ptr<nifti_image, decltype(&nifti_image_free)>;

// Cosines written with two or three decimals still pass; a true shear does not.
constexpr double rounding = 0.01;

NiftiHeader open_header(const fs::path& file) {
  NiftiHeader header(nifti_image_read(file.c_str(), 0), &nifti_image_free);
  if (!header) throw Error(file.string(), "is no readable NIfTI file", "export the scan again");
  return header;
}

std::optional<at::ScalarType> scalar_type(int datatype) {
  switch (datatype) {
    case DT_UINT8:
      return at::kByte;
    case DT_INT8:
      return at::kChar;
    case DT_UINT16:
      return at::kUInt16;
    case DT_INT16:
      return at::kShort;
    case DT_UINT32:
      return at::kUInt32;
    case DT_INT32:
      return at::kInt;
    case DT_UINT64:
      return at::kUInt64;
    case DT_INT64:
      return at::kLong;
    case DT_FLOAT32:
      return at::kFloat;
    case DT_FLOAT64:
      return at::kDouble;
    default:
      return std::nullopt;
  }
}

at::Tensor unpack(const fs::path& file, const nifti_image& header) {
  const auto type = scalar_type(header.datatype);
  if (!type)
    throw Error(file.string(), "has voxels of a kind that is not supported",
                "store whole numbers or floats");
  // Of axes that a header does not count, its extents may be 0.
  const auto extent = [&](int axis) -> std::int64_t {
    return axis <= header.ndim ? header.dim[axis] : 1;
  };
  const std::int64_t volume = extent(1) * extent(2) * extent(3), voxels = header.nvox;
  const auto size = static_cast<std::int64_t>(at::elementSize(*type));
  at::Tensor content = at::empty({header.iname_offset + voxels * size}, at::kByte);
  if (!read_unpacked(file, content))
    throw Error(file.string(), "is truncated: voxels are missing at its end",
                "copy or export the file again");
  at::Tensor bytes = content.narrow(0, header.iname_offset, voxels * size);
  if (header.iname_offset % size != 0) bytes = bytes.clone();
  return bytes.view(*type).view({voxels / volume, extent(3), extent(2), extent(1)});
}

at::Tensor scaled(const at::Tensor& stored, const nifti_image& header) {
  const double slope = header.scl_slope, intercept = header.scl_inter;
  if (slope == 0 || (slope == 1 && intercept == 0)) return stored;
  return stored.to(at::kDouble).mul_(slope).add_(intercept).to(at::kFloat);
}

/// Unit vectors of the voxel axes, in ITK's world (x and y point the other way than NIfTI's).
Matrix direction_of(const nifti_image& image) {
  Matrix direction;
  for (unsigned row = 0; row < 3; ++row)
    for (unsigned column = 0; column < 3; ++column)
      direction(row, column) = (row < 2 ? -1.0 : 1.0) * image.sto_xyz.m[row][column];
  return direction.normalize_columns();
}

/// Millimetres of the unit of length that a header's numbers have.
double unit_of(const nifti_image& header) {
  switch (header.xyz_units) {
    case NIFTI_UNITS_METER:
      return 1000;
    case NIFTI_UNITS_MICRON:
      return 0.001;
    default:
      return 1;
  }
}

bool is_near(const std::array<double, 3>& place, const mat44& affine) {
  const auto& rows = affine.m;
  const std::array<double, 3> other{-rows[0][3], -rows[1][3], rows[2][3]};
  return std::ranges::equal(place, other, [](double a, double b) {
    return std::abs(a - b) <= 1e-5 * (std::abs(a) + std::abs(b));
  });
}

double skewness(const Matrix& direction) {
  Matrix identity;
  identity.set_identity();
  return (direction.transpose() * direction - identity).absolute_value_max();
}

Matrix nearest_rotation(const Matrix& direction) {
  const vnl_svd_fixed<double, 3, 3> svd(direction);
  return svd.U() * svd.V().transpose();
}

}  // namespace

bool is_nifti(const fs::path& file) { return known_ending(file).starts_with(".nii"); }

at::Tensor read_nifti_voxels(const fs::path& file) {
  const NiftiHeader header = open_header(file);
  const at::Tensor voxels = unpack(file, *header);
  if (header->swapsize > 1 && header->byteorder != nifti_short_order())
    nifti_swap_Nbytes(header->nvox, header->swapsize, voxels.data_ptr());
  return scaled(voxels, *header);
}

void scale_nifti_origin(const fs::path& file, Geometry& geometry) {
  const NiftiHeader header = open_header(file);
  const double unit = unit_of(*header);
  if (unit == 1) return;
  if (is_near(geometry.origin, header->sto_xyz) || is_near(geometry.origin, header->qto_xyz))
    for (double& coordinate : geometry.origin) coordinate *= unit;
}

Geometry repaired_nifti_geometry(const fs::path& file, const Reporter& reporter) {
  const NiftiHeader header = open_header(file);
  const Matrix direction = direction_of(*header), rotation = nearest_rotation(direction);
  std::ostringstream problem;
  problem << "the direction cosines are not orthonormal (off by " << skewness(direction) << ")";
  if (!(skewness(direction) <= rounding))
    throw Error(file.string(), problem.str(),
                "the header shears the scan: resample it onto a rectangular grid");
  reporter.warn(file.string() + ": " + problem.str() + "; the nearest rotation is used");
  const auto& rows = header->sto_xyz.m;
  Geometry geometry;
  const double unit = unit_of(*header);
  geometry.spacing = {unit * header->dx, unit * header->dy, unit * header->dz};
  geometry.origin = {-unit * rows[0][3], -unit * rows[1][3], unit * rows[2][3]};
  std::copy(rotation.begin(), rotation.end(), geometry.direction.begin());
  return geometry;
}

}  // namespace seg::data
