#pragma once

#include "seg/data/augment.hpp"
#include "seg/train/recipe.hpp"

namespace seg::train {

/// How the patches of a training are cut and moved; of the mirror axes those that the recipe
/// mirrors, if any. @throws Error for axes that the patch does not have.
data::AugmentationGeometry patch_geometry(const Recipe& recipe,
                                          const std::vector<std::int64_t>& patch_size);

}  // namespace seg::train
