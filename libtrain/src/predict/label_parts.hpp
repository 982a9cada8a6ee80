#pragma once

#include <ATen/ATen.h>

#include <vector>

namespace seg::train {

/// Where a label map has one of some labels: bool, of its shape.
at::Tensor voxels_with(const at::Tensor& labels, const std::vector<int>& values);

// Connected parts of the voxels that have one of some labels, in a label map (int16 [Z, Y, X]);
// voxels are connected when they touch, also at a corner. What is taken away becomes background;
// the input stays as it is.

/// Only the largest part stays; parts of equal size all do.
at::Tensor with_largest_part(const at::Tensor& labels, const std::vector<int>& values);

/// Parts of fewer than `voxels` voxels go.
at::Tensor without_small_parts(const at::Tensor& labels, const std::vector<int>& values,
                               double voxels);

}  // namespace seg::train
