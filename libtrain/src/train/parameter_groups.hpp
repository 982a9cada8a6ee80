#pragma once

#include <vector>

#include "seg/net/network.hpp"
#include "seg/train/optimizer.hpp"
#include "seg/train/recipe.hpp"

namespace seg::train {

/// The parameters that a recipe trains, in the network's order: one group, or the body at
/// head_lr_factor times the rate and the segmentation heads. Those that "freeze" names stop needing
/// gradients and are left out.
/// @throws Error for a name that no parameter begins with, and when nothing is left to train.
std::vector<ParameterGroup> parameter_groups(net::Network& network, const Recipe& recipe);

}  // namespace seg::train
