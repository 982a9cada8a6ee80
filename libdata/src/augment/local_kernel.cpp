#include "augment/local_kernel.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace seg::data {
namespace {

// The normal distribution's integral over each voxel of an axis.
at::Tensor along_axis(std::int64_t extent, double location, double scale) {
  const double centre = location * static_cast<double>(extent);
  const auto below = [&](double x) {
    return std::erfc((centre - x) / (scale * std::numbers::sqrt2)) / 2;
  };
  std::vector<double> weights;
  for (std::int64_t i = 0; i < extent; ++i) {
    const auto middle = static_cast<double>(i);
    weights.push_back(below(middle + 0.5) - below(middle - 0.5));
  }
  return at::tensor(weights, at::kDouble);
}

}  // namespace

LocalPlace draw_local_place(CountedRandom& random, const std::vector<std::int64_t>& patch) {
  LocalPlace place;
  for (const std::int64_t extent : patch) {
    const auto smallest = static_cast<double>(std::max<std::int64_t>(1, extent / 6));
    place.location.push_back(random.uniform(-0.5, 1.5));
    place.scale.push_back(
        std::exp(random.uniform(std::log(smallest), std::log(static_cast<double>(extent)))));
  }
  return place;
}

at::Tensor local_kernel(at::IntArrayRef shape, const LocalPlace& place) {
  at::Tensor kernel = at::ones({}, at::kDouble);
  for (std::size_t axis = 0; axis < shape.size(); ++axis)
    kernel = kernel.unsqueeze(-1) *
             along_axis(shape[axis], place.location.at(axis), place.scale.at(axis));
  kernel = kernel - kernel.min();
  return (kernel / kernel.max().clamp_min(1e-8)).to(at::kFloat);
}

std::vector<double> with_place(double first, const LocalPlace& place) {
  std::vector<double> numbers{first};
  numbers.insert(numbers.end(), place.location.begin(), place.location.end());
  numbers.insert(numbers.end(), place.scale.begin(), place.scale.end());
  return numbers;
}

LocalPlace place_in(const std::vector<double>& drawn) {
  const auto axes = static_cast<std::ptrdiff_t>(drawn.size()) / 2;
  const auto middle = drawn.begin() + 1 + axes;
  return {{drawn.begin() + 1, middle}, {middle, drawn.end()}};
}

}  // namespace seg::data
