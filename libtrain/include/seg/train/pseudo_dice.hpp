#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "seg/train/losses.hpp"

namespace seg::train {

/// Hard overlap of a batch of validation patches, as nnU-Net counts it during training: int64
/// [3, foreground classes] on the CPU with the rows true positive, false positive, false negative.
/// Sum over batches. Voxels with the ignore label do not count.
/// @param logits [B, K, ...] of the first head; @param target as for head_loss().
at::Tensor count_overlap(const at::Tensor& logits, const at::Tensor& target,
                         const LossOptions& options);

/// 2 TP / (2 TP + FP + FN) of each class; NaN for a class that is neither annotated nor predicted.
std::vector<double> pseudo_dice(const at::Tensor& counts);

/// Mean of what is not NaN; NaN if nothing is left.
double mean_without_nan(const std::vector<double>& values);

}  // namespace seg::train
