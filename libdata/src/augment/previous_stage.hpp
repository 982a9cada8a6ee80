#pragma once

#include "augment/transform.hpp"

namespace seg::data {

// What the transforms share that spoil the previous stage's segmentation, so that the second stage
// of a cascade does not trust it blindly.

/// Labels of the previous stage, counted from 0, in random order, each kept with a probability.
std::vector<std::int64_t> draw_labels(CountedRandom& random, std::int64_t labels,
                                      double probability);

/// Calls `change` for each list of numbers in turn, with its item's labels: float32
/// [L, (Z,) Y, X], 0 or 1.
void change_previous(const Items& items, const std::vector<Drawn>& draws,
                     void (*change)(const at::Tensor& one_hot, const std::vector<double>& drawn));

}  // namespace seg::data
