#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "seg/data/augment_draws.hpp"

namespace seg::data {

// Transforms that spoil the previous stage's segmentation, so that the second stage of a cascade
// does not trust it blindly (batchgeneratorsv2's ApplyRandomBinaryOperatorTransform and
// RemoveRandomConnectedComponentFromOneHotEncodingTransform).

/// Ball of a radius (voxels, may be fractional) as scikit-image's `ball`: bool, 2 * radius + 1
/// (rounded down) voxels wide in each of `axes` dimensions.
at::Tensor ball(double radius, std::int64_t axes);

/// Morphology of a mask (bool [(Z,) Y, X]) with a bool structuring element. What lies outside does
/// not count: it neither grows into the mask nor eats from it.
at::Tensor dilated(const at::Tensor& mask, const at::Tensor& element);
at::Tensor eroded(const at::Tensor& mask, const at::Tensor& element);

/// Runs one operator on a channel of `one_hot` (float32 [L, (Z,) Y, X], in place). Voxels that the
/// label gains are taken from the other labels.
void apply_morphology(const at::Tensor& one_hot, const MorphologyDraw& draw);

/// Clears one component (full neighbourhood) of a channel, in place: among those that cover less
/// than `largest_share` of the voxels, number floor(which * how many) in order of their first
/// voxel.
void remove_component(const at::Tensor& one_hot, const RemovalDraw& draw, double largest_share);

}  // namespace seg::data
