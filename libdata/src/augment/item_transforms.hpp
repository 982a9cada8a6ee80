#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "seg/data/augment_draws.hpp"
#include "seg/plan/labels.hpp"

namespace seg::data {

/// Images and label maps of some items: [N, C, (Z,) Y, X] and [N, S, (Z,) Y, X].
struct Patches {
  at::Tensor data, seg;
};

struct MoveOptions {
  const std::vector<ItemDraws>& draws;
  std::vector<int> labels;  ///< see move_labels()
};

/// All values that a label map may have, ascending: -1, the labels, ignore.
std::vector<int> possible_labels(const plan::Labels& labels);

/// Cuts the patches `to` out of the larger ones `from`, moved where a movement was drawn.
void move_items(const Patches& from, const Patches& to, const MoveOptions& options);

/// Runs the intensity transforms that were drawn, in nnU-Net's order, in place.
void change_intensities(const at::Tensor& data, const std::vector<ItemDraws>& draws);

/// Flips the items along the axes that were drawn, in place.
void mirror_items(const Patches& patches, const std::vector<ItemDraws>& draws);

}  // namespace seg::data
