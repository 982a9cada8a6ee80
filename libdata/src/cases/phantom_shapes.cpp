#include "cases/phantom_shapes.hpp"

#include <algorithm>
#include <cmath>

namespace seg::data {

at::Tensor rotation_matrix(const std::array<double, 3>& radians) {
  at::Tensor product = at::eye(3, at::kDouble);
  for (int axis = 0; axis < 3; ++axis) {
    const int i = (axis + 1) % 3, j = (axis + 2) % 3;
    at::Tensor turn = at::eye(3, at::kDouble);
    turn[i][i] = turn[j][j] = std::cos(radians[axis]);
    turn[j][i] = std::sin(radians[axis]);
    turn[i][j] = -std::sin(radians[axis]);
    product = product.mm(turn);
  }
  return product;
}

at::Tensor voxel_places(const std::array<std::int64_t, 3>& shape,
                        const std::array<double, 3>& spacing) {
  std::vector<at::Tensor> axes;
  for (int axis = 0; axis < 3; ++axis)
    axes.push_back(
        (at::arange(shape[axis], at::kDouble) - static_cast<double>(shape[axis] - 1) / 2) *
        spacing[axis]);
  return at::stack(at::meshgrid(axes, "ij"));
}

at::Tensor Ellipsoid::level(const at::Tensor& places) const {
  const at::Tensor middle = at::tensor(at::ArrayRef<double>(centre), at::kDouble);
  const at::Tensor scale = at::tensor(at::ArrayRef<double>(radii), at::kDouble);
  const at::Tensor along = axes.t().mm((places - middle.view({3, 1, 1, 1})).flatten(1));
  return (along / scale.view({3, 1})).norm(2, 0).view(places.sizes().slice(1));
}

at::Tensor Ellipsoid::inside(const at::Tensor& places) const {
  const double sharpness = 4 * *std::min_element(radii.begin(), radii.end());
  return ((1 - level(places)) * sharpness).sigmoid();
}

}  // namespace seg::data
