#pragma once

#include <ATen/ATen.h>

namespace seg::train {

/// How undecided a network is at each voxel, float32 [Z, Y, X], from 0 (sure) to 1 (all outputs
/// alike): the entropy of the labels' probabilities as part of the largest there can be; of regions
/// the mean of each one's.
/// @param probabilities float32 [outputs, Z, Y, X].
at::Tensor uncertainty_of(const at::Tensor& probabilities, bool regions);

}  // namespace seg::train
