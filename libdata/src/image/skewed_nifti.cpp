#include "image/skewed_nifti.hpp"

#include <nifti1_io.h>
#include <vnl/algo/vnl_svd_fixed.h>
#include <vnl/vnl_matrix_fixed.h>

#include <memory>
#include <optional>
#include <sstream>

#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;
using Matrix = vnl_matrix_fixed<double, 3, 3>;

// Cosines written with two or three decimals still pass; a true shear does not.
constexpr double rounding = 0.01;

using NiftiImage = std::unique_ptr<nifti_image, decltype(&nifti_image_free)>;

NiftiImage open_nifti(const fs::path& file) {
  NiftiImage image(nifti_image_read(file.c_str(), 1), &nifti_image_free);
  if (!image) throw Error(file.string(), "is no readable NIfTI file", "export the scan again");
  return image;
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

at::Tensor voxels_of(const nifti_image& image, const fs::path& file) {
  const auto type = scalar_type(image.datatype);
  if (!type) throw Error(file.string(), "has voxels of a kind that is not supported");
  const std::int64_t plane = std::int64_t{image.ny} * image.nx;
  const auto stored = at::from_blob(
      image.data,
      {static_cast<std::int64_t>(image.nvox) / plane / image.nz, image.nz, image.ny, image.nx},
      at::TensorOptions(*type));
  const bool as_stored = image.scl_slope == 0 || (image.scl_slope == 1 && image.scl_inter == 0);
  return as_stored ? stored.clone()
                   : stored.to(at::kFloat).mul(image.scl_slope).add(image.scl_inter);
}

/// Unit vectors of the voxel axes, in ITK's world (x and y point the other way than NIfTI's).
Matrix direction_of(const nifti_image& image) {
  Matrix direction;
  for (unsigned row = 0; row < 3; ++row)
    for (unsigned column = 0; column < 3; ++column)
      direction(row, column) = (row < 2 ? -1.0 : 1.0) * image.sto_xyz.m[row][column];
  return direction.normalize_columns();
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

Geometry geometry_of(const nifti_image& image, const Matrix& direction) {
  Geometry geometry;
  geometry.spacing = {image.dx, image.dy, image.dz};
  geometry.origin = {-image.sto_xyz.m[0][3], -image.sto_xyz.m[1][3], image.sto_xyz.m[2][3]};
  std::copy(direction.begin(), direction.end(), geometry.direction.begin());
  return geometry;
}

}  // namespace

Volume read_skewed_nifti(const fs::path& file, const Reporter& reporter) {
  const NiftiImage image = open_nifti(file);
  const Matrix direction = direction_of(*image);
  std::ostringstream by;
  by << "the direction cosines are not orthonormal (off by " << skewness(direction) << ")";
  if (!(skewness(direction) <= rounding))
    throw Error(file.string(), by.str(),
                "the header shears the scan: resample it onto a rectangular grid");
  reporter.warn(file.string() + ": " + by.str() + "; the nearest rotation is used");
  return {voxels_of(*image, file), geometry_of(*image, nearest_rotation(direction))};
}

}  // namespace seg::data
