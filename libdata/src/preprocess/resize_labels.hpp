#pragma once

#include <ATen/ATen.h>

#include <array>

namespace seg::data {

/// Resizes a label map (int16 [Z, Y, X]): the 0/1 indicator of each label is interpolated and the
/// largest wins. Exact ties go to the label of the nearest voxel if it is among the tied ones, else
/// to the smallest, as batchgenerators' resize_segmentation has it.
/// @param order 0, 1 or 3.
at::Tensor resize_labels(const at::Tensor& labels, const std::array<std::int64_t, 3>& shape,
                         int order);

/// nnU-Net's older rule, which it keeps for the coarse axis: each label in ascending order takes
/// the voxels where its interpolated indicator is above one half; voxels that none takes become 0.
at::Tensor resize_labels_by_threshold(const at::Tensor& labels,
                                      const std::array<std::int64_t, 3>& shape, int order);

}  // namespace seg::data
