#include <cmath>

#include "seg/train/sliding_window.hpp"

namespace seg::train {
namespace {

std::vector<std::int64_t> starts_along_axis(std::int64_t image, std::int64_t tile, double step) {
  const std::int64_t span = image - tile;
  const auto intervals = static_cast<std::int64_t>(std::ceil(span / (tile * step)));
  if (intervals <= 0) return {0};
  const double distance = static_cast<double>(span) / intervals;
  std::vector<std::int64_t> starts;
  for (std::int64_t i = 0; i <= intervals; ++i) starts.push_back(std::llrint(distance * i));
  return starts;
}

// What a Gaussian filter that is cut off at four standard deviations makes of a single one.
at::Tensor gaussian_bell(std::int64_t size) {
  const double sigma = size / 8.0;
  const auto radius = static_cast<std::int64_t>(4 * sigma + 0.5);
  const at::Tensor distance = at::arange(size, at::kDouble) - static_cast<double>(size / 2);
  const at::Tensor bell = at::exp(distance.square() * (-0.5 / (sigma * sigma)));
  return at::where(distance.abs() <= static_cast<double>(radius), bell, at::zeros_like(bell));
}

}  // namespace

std::vector<std::vector<std::int64_t>> tile_starts(const std::vector<std::int64_t>& image,
                                                   const std::vector<std::int64_t>& patch,
                                                   double step_size) {
  std::vector<std::vector<std::int64_t>> starts;
  for (std::size_t axis = 0; axis < patch.size(); ++axis)
    starts.push_back(starts_along_axis(image.at(axis), patch[axis], step_size));
  return starts;
}

at::Tensor gaussian_map(const std::vector<std::int64_t>& patch, double peak) {
  at::Tensor map = at::ones({}, at::kDouble);
  for (const std::int64_t size : patch) map = map.unsqueeze(-1) * gaussian_bell(size);
  map = (map * (peak / map.max())).to(at::kFloat);
  const at::Tensor smallest = map.masked_select(map > 0).min();
  return at::where(map > 0, map, smallest);
}

}  // namespace seg::train
