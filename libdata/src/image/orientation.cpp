#include "image/orientation.hpp"

#include <vnl/algo/vnl_svd_fixed.h>
#include <vnl/vnl_matrix_fixed.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace seg::data {
namespace {

using Matrix = vnl_matrix_fixed<double, 3, 3>;

// To the patient's Right, Anterior, Superior in ITK's world, where x grows to the Left and y to the
// Posterior.
constexpr std::array<double, 3> ras_sign{-1, -1, 1};

Matrix nearest_rotation_to(const std::array<double, 9>& direction) {
  const vnl_svd_fixed<double, 3, 3> svd(Matrix(direction.data()));
  return svd.U() * svd.V().transpose();
}

std::size_t entry(std::size_t row, std::size_t column) { return 3 * row + column; }

bool is_plain(const StoredAxes& axes) { return axes == StoredAxes{}; }

/// Axis of the array that is axis x, y or z of its geometry.
std::int64_t array_axis(const at::Tensor& voxels, int axis) { return voxels.dim() - 1 - axis; }

at::Tensor permuted(const at::Tensor& voxels, const std::array<int, 3>& from) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(voxels.dim()), 0);
  for (int axis = 0; axis < 3; ++axis)
    order[static_cast<std::size_t>(array_axis(voxels, axis))] =
        array_axis(voxels, from[static_cast<std::size_t>(axis)]);
  return voxels.permute(order);
}

/// New axis i is old axis from[i]. Nothing but the names of the axes changes.
Geometry permuted(const Geometry& old, const std::array<int, 3>& from) {
  Geometry geometry = old;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto source = static_cast<std::size_t>(from[axis]);
    geometry.spacing[axis] = old.spacing[source];
    if (old.affine_spacing) (*geometry.affine_spacing)[axis] = (*old.affine_spacing)[source];
    for (std::size_t row = 0; row < 3; ++row)
      geometry.direction[entry(row, axis)] = old.direction[entry(row, source)];
  }
  return geometry;
}

/// The axis runs the other way: its last voxel becomes the first.
void flip_axis(Geometry& geometry, std::size_t axis, std::int64_t size) {
  const double length = static_cast<double>(size - 1) * geometry.step()[axis];
  for (std::size_t row = 0; row < 3; ++row) {
    double& cosine = geometry.direction[entry(row, axis)];
    geometry.origin[row] += cosine * length;
    cosine = -cosine;
  }
}

/// LibTorch flips no unsigned 16-bit numbers, but signed ones of the same size.
at::ScalarType movable_type(const at::Tensor& voxels) {
  const at::ScalarType types[] = {at::kByte, at::kShort, at::kInt, at::kLong};
  for (const at::ScalarType type : types)
    if (at::elementSize(type) == at::elementSize(voxels.scalar_type())) return type;
  throw std::logic_error("voxels of this size cannot be turned");
}

at::Tensor flipped(const at::Tensor& voxels, const std::array<bool, 3>& flips) {
  std::vector<std::int64_t> dimensions;
  for (int axis = 0; axis < 3; ++axis)
    if (flips[static_cast<std::size_t>(axis)]) dimensions.push_back(array_axis(voxels, axis));
  if (dimensions.empty()) return voxels;
  return voxels.view(movable_type(voxels)).flip(dimensions).view(voxels.scalar_type());
}

/// @param shape [Z, Y, X]
void flip_axes(Geometry& geometry, const std::array<bool, 3>& flips, at::IntArrayRef shape) {
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (flips[axis]) flip_axis(geometry, axis, shape[2 - axis]);
}

}  // namespace

StoredAxes closest_axes(const Geometry& geometry) {
  const Matrix rotation = nearest_rotation_to(geometry.direction);
  StoredAxes axes;
  std::array<bool, 3> file_done{}, patient_done{};
  for (int round = 0; round < 3; ++round) {
    double largest = -1;
    std::size_t file = 0, patient = 0;
    for (std::size_t f = 0; f < 3; ++f)
      for (std::size_t p = 0; p < 3; ++p) {
        const double cosine =
            std::abs(rotation(static_cast<unsigned>(p), static_cast<unsigned>(f)));
        if (file_done[f] || patient_done[p] || cosine <= largest) continue;
        largest = cosine;
        file = f;
        patient = p;
      }
    file_done[file] = patient_done[patient] = true;
    axes.axis[file] = static_cast<int>(patient);
    const double cosine = rotation(static_cast<unsigned>(patient), static_cast<unsigned>(file));
    axes.flipped[file] = cosine * ras_sign[patient] < 0;
  }
  return axes;
}

at::Tensor turned_to_ras(const at::Tensor& voxels, Geometry& geometry) {
  const StoredAxes stored = closest_axes(geometry);
  if (is_plain(stored)) return voxels;
  flip_axes(geometry, stored.flipped, voxels.sizes().slice(voxels.dim() - 3));
  std::array<int, 3> from{};
  for (int file = 0; file < 3; ++file)
    from[static_cast<std::size_t>(stored.axis[static_cast<std::size_t>(file)])] = file;
  geometry = permuted(geometry, from);
  if (geometry.affine_spacing)
    for (std::size_t axis = 0; axis < 3; ++axis)
      geometry.spacing[axis] = static_cast<float>((*geometry.affine_spacing)[axis]);
  geometry.stored = stored;
  return permuted(flipped(voxels, stored.flipped), from).contiguous();
}

Geometry in_stored_order(const Geometry& geometry, at::IntArrayRef shape) {
  const StoredAxes& stored = geometry.stored;
  if (is_plain(stored)) return geometry;
  Geometry result = permuted(geometry, stored.axis);
  std::array<std::int64_t, 3> stored_shape{};
  for (std::size_t axis = 0; axis < 3; ++axis)
    stored_shape[2 - axis] = shape[static_cast<std::size_t>(2 - stored.axis[axis])];
  flip_axes(result, stored.flipped, stored_shape);
  result.stored = {};
  return result;
}

at::Tensor turned_to_stored(const at::Tensor& voxels, Geometry& geometry) {
  const StoredAxes stored = geometry.stored;
  if (is_plain(stored)) return voxels;
  geometry = in_stored_order(geometry, voxels.sizes().slice(voxels.dim() - 3));
  return flipped(permuted(voxels, stored.axis), stored.flipped).contiguous();
}

}  // namespace seg::data
