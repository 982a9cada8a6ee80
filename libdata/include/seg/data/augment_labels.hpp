#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "seg/plan/labels.hpp"

namespace seg::data {

// The label steps of nnU-Net's pipelines. Batches are [B, C, (Z,) Y, X].

/// Sets image channels with `use_mask` to 0 where the first channel of `segs` is negative, in
/// place.
void mask_outside(const at::Tensor& images, const at::Tensor& segs,
                  const std::vector<bool>& use_mask);

/// One boolean channel per region, and a last one for the ignore label if there is one.
at::Tensor region_channels(const at::Tensor& segs, const plan::Labels& labels);

/// Appends one channel (0 or 1) for each foreground label of `previous` ([B, 1, ...]) to the
/// images.
at::Tensor append_one_hot(const at::Tensor& images, const at::Tensor& previous,
                          const plan::Labels& labels);

/// Targets of the deep supervision heads: nearest-exact, extents round-half-even(extent * scale).
/// A head of full resolution is `segs` itself.
std::vector<at::Tensor> deep_supervision_targets(const at::Tensor& segs,
                                                 const std::vector<std::vector<double>>& scales);

}  // namespace seg::data
