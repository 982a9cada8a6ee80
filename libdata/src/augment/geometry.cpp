#include <algorithm>
#include <cmath>
#include <numbers>

#include "seg/data/augment.hpp"

namespace seg::data {
namespace {

using Patch = std::vector<std::int64_t>;

constexpr double anisotropic_patch = 3, elongated_slice = 1.5;

double radians(double degrees) { return degrees / 360 * 2 * std::numbers::pi; }

// Raises `extent` to what the patch's corner reaches after turning from axis `a` towards axis `b`.
void cover_rotation(std::vector<double>& extent, const Patch& patch, std::size_t a, std::size_t b,
                    double angle) {
  const auto length_a = static_cast<double>(patch[a]), length_b = static_cast<double>(patch[b]);
  const double cosine = std::cos(angle), sine = std::sin(angle);
  extent[a] = std::max(extent[a], std::abs(length_a * cosine + length_b * sine));
  extent[b] = std::max(extent[b], std::abs(length_b * cosine - length_a * sine));
}

double rotation_for(const Patch& patch, bool dummy_2d) {
  const auto [smallest, largest] = std::minmax_element(patch.begin(), patch.end());
  const double ratio = static_cast<double>(*largest) / static_cast<double>(*smallest);
  if (patch.size() == 2) return radians(ratio > elongated_slice ? 15 : 180);
  return radians(dummy_2d ? 180 : 30);
}

}  // namespace

std::vector<std::int64_t> enlarged_patch(const TurnedPatch& turned) {
  const Patch& patch = turned.size;
  const double angle = std::min(turned.rotation, radians(90));
  std::vector<double> extent(patch.begin(), patch.end());
  if (patch.size() == 2) {
    cover_rotation(extent, patch, 0, 1, angle);
  } else {
    cover_rotation(extent, patch, 1, 2, angle);
    cover_rotation(extent, patch, 2, 0, angle);
    cover_rotation(extent, patch, 0, 1, angle);
  }
  Patch result;
  for (double length : extent) result.push_back(static_cast<std::int64_t>(length / turned.zoom));
  return result;
}

AugmentationGeometry augmentation_geometry(const std::vector<std::int64_t>& patch_size,
                                           const GeometryOptions& options) {
  const auto largest = static_cast<double>(*std::max_element(patch_size.begin(), patch_size.end()));
  AugmentationGeometry geometry;
  geometry.dummy_2d = options.dummy_2d && patch_size.size() == 3 &&
                      largest / static_cast<double>(patch_size[0]) > anisotropic_patch;
  const double rotation = rotation_for(patch_size, geometry.dummy_2d);
  geometry.rotation_range = {-rotation, rotation};
  geometry.initial_patch_size = enlarged_patch({patch_size, rotation, options.crop_zoom});
  if (geometry.dummy_2d) geometry.initial_patch_size[0] = patch_size[0];
  if (options.only_crop) geometry.initial_patch_size = patch_size;
  for (std::size_t axis = 0; axis < patch_size.size(); ++axis)
    geometry.mirror_axes.push_back(static_cast<int>(axis));
  return geometry;
}

std::vector<std::vector<double>> deep_supervision_scales(const plan::Configuration& configuration) {
  if (!configuration.head_scales.empty()) return configuration.head_scales;
  const auto strides = configuration.architecture.arguments.at("strides");
  std::vector<std::vector<double>> scales;
  std::vector<double> product(configuration.patch_size.size(), 1);
  for (std::size_t stage = 0; stage + 1 < strides.size(); ++stage) {
    scales.emplace_back();
    for (std::size_t axis = 0; axis < product.size(); ++axis) {
      const auto& stride = strides[stage];
      product[axis] *= stride.is_array() ? stride.at(axis).get<double>() : stride.get<double>();
      scales.back().push_back(1 / product[axis]);
    }
  }
  return scales;
}

}  // namespace seg::data
