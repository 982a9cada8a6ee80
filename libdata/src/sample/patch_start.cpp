#include <cmath>
#include <optional>
#include <stdexcept>
#include <utility>

#include "seg/data/patch_sampler.hpp"

namespace seg::data {
namespace {

using Extent = std::array<std::int64_t, 3>;

constexpr std::pair<const char*, Oversampling> kOversamplings[] = {
    {"last_items", Oversampling::last_items},
    {"chance", Oversampling::chance},
    {"chance_of_last_items", Oversampling::chance_of_last_items}};

std::int64_t padding(const PatchPlace& place, std::size_t axis) {
  const std::int64_t margin = place.patch[axis] - place.final_patch[axis];
  return std::max(margin, place.patch[axis] - place.shape[axis]);
}

std::int64_t lowest_start(const PatchPlace& place, std::size_t axis) {
  const std::int64_t pad = padding(place, axis);
  return -(pad / 2 + pad % 2);
}

std::int64_t highest_start(const PatchPlace& place, std::size_t axis) {
  const std::int64_t pad = padding(place, axis);
  return place.shape[axis] + pad / 2 + pad % 2 - place.patch[axis];
}

Extent anywhere(const PatchPlace& place, const DrawInteger& draw) {
  Extent start{};
  for (std::size_t axis = 0; axis < 3; ++axis)
    start[axis] = draw(lowest_start(place, axis), highest_start(place, axis));
  return start;
}

Extent around_a_voxel(const PatchPlace& place, const at::Tensor& voxels, const DrawInteger& draw) {
  const at::Tensor voxel = voxels[draw(0, voxels.size(0) - 1)];
  Extent start{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto center = voxel[static_cast<std::int64_t>(axis)].item<std::int64_t>();
    start[axis] = std::max(lowest_start(place, axis), center - place.patch[axis] / 2);
  }
  return start;
}

// All annotated voxels count as a class only when there is no other.
std::vector<at::Tensor> classes_with_voxels(const std::vector<at::Tensor>& locations,
                                            bool last_is_annotated) {
  std::vector<at::Tensor> classes;
  for (const auto& voxels : locations)
    if (voxels.size(0) > 0) classes.push_back(voxels);
  const bool annotated = last_is_annotated && !locations.empty() && locations.back().size(0) > 0;
  if (annotated && classes.size() > 1) classes.pop_back();
  return classes;
}

std::optional<at::Tensor> chosen_class(const PatchPlace& place,
                                       const std::vector<at::Tensor>& locations,
                                       const DrawInteger& draw) {
  if (!place.forced) return locations.back();
  const auto classes = classes_with_voxels(locations, place.has_ignore);
  if (classes.empty()) return std::nullopt;
  return classes[static_cast<std::size_t>(draw(0, static_cast<std::int64_t>(classes.size()) - 1))];
}

}  // namespace

bool forced_foreground(std::int64_t item, std::int64_t batch_size, double foreground_fraction) {
  const double free = std::nearbyint(static_cast<double>(batch_size) * (1 - foreground_fraction));
  return static_cast<double>(item) >= free;
}

double forced_chance(const SamplerOptions& options) {
  if (options.oversampling == Oversampling::chance) return options.foreground_fraction;
  std::int64_t last_items = 0;
  for (std::int64_t item = 0; item < options.batch_size; ++item)
    if (forced_foreground(item, options.batch_size, options.foreground_fraction)) ++last_items;
  return static_cast<double>(last_items) / static_cast<double>(options.batch_size);
}

std::vector<std::string> oversampling_names() {
  std::vector<std::string> names;
  for (const auto& [name, oversampling] : kOversamplings) names.emplace_back(name);
  return names;
}

Oversampling oversampling_named(const std::string& name) {
  for (const auto& [known, oversampling] : kOversamplings)
    if (name == known) return oversampling;
  throw std::logic_error("there is no oversampling " + name);
}

std::array<std::int64_t, 3> patch_start(const PatchPlace& place,
                                        const std::vector<at::Tensor>& class_locations,
                                        const DrawInteger& draw) {
  const bool free = !place.forced && !place.has_ignore;
  if (free || class_locations.empty()) return anywhere(place, draw);
  const auto voxels = chosen_class(place, class_locations, draw);
  if (!voxels || voxels->size(0) == 0) return anywhere(place, draw);
  return around_a_voxel(place, *voxels, draw);
}

}  // namespace seg::data
