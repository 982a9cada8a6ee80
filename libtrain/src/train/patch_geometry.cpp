#include "train/patch_geometry.hpp"

#include <algorithm>

#include "seg/plan/error.hpp"

namespace seg::train {
namespace {

std::vector<int> chosen_axes(const std::vector<std::int64_t>& chosen, const std::vector<int>& all) {
  std::vector<int> axes;
  for (const std::int64_t axis : chosen)
    if (std::ranges::find(all, axis) == all.end())
      throw Error(SettingValue{"mirror_axes", std::to_string(axis)}, "is no axis of the patch",
                  "name axes from 0 to " + std::to_string(all.back()));
  for (const int axis : all)
    if (std::ranges::find(chosen, axis) != chosen.end()) axes.push_back(axis);
  return axes;
}

}  // namespace

data::AugmentationGeometry patch_geometry(const Recipe& recipe,
                                          const std::vector<std::int64_t>& patch_size) {
  auto geometry = data::augmentation_geometry(
      patch_size,
      {.dummy_2d = recipe.dummy_2d, .crop_zoom = recipe.crop_zoom, .only_crop = !recipe.augment});
  if (recipe.mirror_axes)
    geometry.mirror_axes = chosen_axes(*recipe.mirror_axes, geometry.mirror_axes);
  if (!recipe.mirroring) geometry.mirror_axes.clear();
  return geometry;
}

}  // namespace seg::train
