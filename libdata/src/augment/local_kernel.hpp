#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "augment/transform.hpp"

namespace seg::data {

/// Where a change of a part of the image is strongest, and how far it reaches.
struct LocalPlace {
  std::vector<double> location;  ///< along each axis, from 0 to 1 within the patch
  std::vector<double> scale;     ///< standard deviation in voxels
};

/// Draws it as nnUNetTrainerDA5: from half a patch before the patch to half a patch behind it, with
/// scales from a sixth of the patch on to all of it, even on a logarithmic scale.
LocalPlace draw_local_place(CountedRandom& random, const std::vector<std::int64_t>& patch);

/// A Gaussian over an image of that shape, integrated over each voxel, stretched to 0..1.
at::Tensor local_kernel(at::IntArrayRef shape, const LocalPlace& place);

/// As the numbers of a draw, behind the first one, and back.
std::vector<double> with_place(double first, const LocalPlace& place);
LocalPlace place_in(const std::vector<double>& drawn);

}  // namespace seg::data
