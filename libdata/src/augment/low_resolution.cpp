#include <cmath>

#include "seg/data/augment_intensity.hpp"

namespace seg::data {
namespace {

std::vector<std::int64_t> scaled(at::IntArrayRef shape, const std::vector<double>& scales) {
  std::vector<std::int64_t> smaller;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    const auto extent = static_cast<double>(shape[axis]) * static_cast<float>(scales.at(axis));
    smaller.push_back(static_cast<std::int64_t>(std::nearbyint(extent)));
  }
  return smaller;
}

at::Tensor down_and_up(const at::Tensor& image, const std::vector<double>& scales) {
  const at::IntArrayRef shape = image.sizes().slice(2);
  const auto smaller = scaled(shape, scales);
  if (shape.size() == 2)
    return at::upsample_bilinear2d(at::_upsample_nearest_exact2d(image, smaller), shape, false);
  return at::upsample_trilinear3d(at::_upsample_nearest_exact3d(image, smaller), shape, false);
}

}  // namespace

void lower_resolution(const at::Tensor& rows, const std::vector<std::vector<double>>& scales) {
  for (std::int64_t i = 0; i < rows.size(0); ++i) {
    const at::Tensor row = rows.narrow(0, i, 1);
    row.unsqueeze(0).copy_(down_and_up(row.unsqueeze(0), scales.at(static_cast<std::size_t>(i))));
  }
}

}  // namespace seg::data
