#include "lowres.hpp"

#include <algorithm>
#include <cmath>

namespace seg::plan {
namespace {

constexpr double smallest_patch_share = 0.25;  // lowres_creation_threshold
constexpr double spacing_step = 1.03;          // spacing_increase_factor

Extents raised(Extents spacing) {
  const double coarsest = std::ranges::max(spacing);
  const auto much_finer = [&](double step) { return coarsest / step > 2; };
  const bool level = std::ranges::none_of(spacing, much_finer);
  for (double& step : spacing)
    if (level || much_finer(step)) step *= spacing_step;
  return spacing;
}

Extents resampled(const ConfigurationImages& images, const Extents& spacing) {
  Extents shape;
  for (std::size_t axis = 0; axis < spacing.size(); ++axis)
    shape.push_back(images.spacing[axis] / spacing[axis] * images.median_shape[axis]);
  return shape;
}

Extents rounded(Extents shape) {
  for (double& extent : shape) extent = std::nearbyint(extent);
  return shape;
}

}  // namespace

LowresSearch search_lowres(const PlanningTask& task, const ConfigurationPlan& fullres) {
  const ConfigurationImages& images = fullres.images;
  const double fullres_voxels = product(images.median_shape);
  LowresSearch search;
  search.patch_share = product(fullres.patch_size()) / fullres_voxels;
  Extents spacing = images.spacing;
  for (double share = search.patch_share; share < smallest_patch_share; ++search.rounds) {
    spacing = raised(spacing);
    const Extents shape = resampled(images, spacing);
    search.plan =
        plan_configuration(task, {spacing, rounded(shape), product(shape) * task.training_cases});
    search.shrinkage = fullres_voxels / product(shape);
    share = product(search.plan->patch_size()) / product(shape);
  }
  return search;
}

}  // namespace seg::plan
