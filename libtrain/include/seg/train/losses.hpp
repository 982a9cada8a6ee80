#pragma once

#include <ATen/ATen.h>

#include <optional>
#include <string>
#include <vector>

#include "seg/data/ranks.hpp"
#include "seg/plan/labels.hpp"

namespace seg::train {

/// dice_ce: cross-entropy minus soft Dice, nnU-Net's own; dice: minus soft Dice; ce: cross-entropy;
/// topk: mean cross-entropy of the 10 % of voxels where it is largest (nnUNetTrainerTopk10Loss);
/// dice_topk: that minus soft Dice (nnUNetTrainerDiceTopK10Loss); dice_ce_skeleton: dice_ce minus
/// skeleton_weight times the soft recall of the labels' skeleton (Kirchhoff et al. 2024), which
/// there are no regions for; ege_unet: see ege_unet_loss(). With regions cross-entropy is binary.
enum class Loss { dice_ce, dice, ce, topk, dice_topk, dice_ce_skeleton, ege_unet };

/// What they are called in settings.
std::vector<std::string> loss_names();

/// The loss of such a name. @throws Error for another.
Loss loss_named(const std::string& name);

struct LossOptions {
  bool batch_dice = false;  ///< Dice over the whole batch instead of item by item
  bool regions = false;     ///< sigmoid: Dice + BCE; else softmax: Dice + cross-entropy
  std::optional<int> ignore_label;
  Loss loss = Loss::dice_ce;
  double dice_smoothing = 1e-5;
  std::vector<double> head_weights{};  ///< empty: deep_supervision_weights()
  double label_smoothing = 0;  ///< share of each label that cross-entropy spreads over all classes
  double skeleton_weight = 1;
  bool first_head_only = false;  ///< the others have no loss; its weight stays its part of all
  data::Ranks* ranks = nullptr;  ///< that share the batch: the loss is the whole batch's
};

/// Loss of one head: by default nnU-Net's DC_and_CE_loss or DC_and_BCE_loss, cross-entropy minus
/// soft Dice of the foreground; in fp32 whatever the type of the logits. Voxels with the ignore
/// label do not count; when none is left the value of that loss is -1 and its gradient 0.
/// @param logits [B, K, ...]; @param target int [B, 1(+ skeleton), ...], or bool
/// [B, R(+ ignore last), ...] with regions.
at::Tensor head_loss(const at::Tensor& logits, const at::Tensor& target,
                     const LossOptions& options);

/// Minus the soft recall of a skeleton: the probability of its labels, summed along it, over its
/// voxels; the mean over foreground classes, and over items unless options.batch_dice. Without
/// skeleton -1.
/// @param probabilities [B, K, ...]; @param skeleton int [B, 1, ...], 0 off the skeleton; @param
/// valid bool [B, 1, ...], voxels that count (undefined: all).
at::Tensor skeleton_recall_loss(const at::Tensor& probabilities, const at::Tensor& skeleton,
                                const at::Tensor& valid, const LossOptions& options);

/// Weights 1, 1/2, 1/4, ..., the last 0 (if there is more than one), divided by their sum.
std::vector<double> deep_supervision_weights(std::size_t heads);

/// Weighted sum over heads, with one weight per target. Heads and targets are paired from the
/// highest resolution on; what one list has more is left out. Heads of weight 0 get no gradient.
at::Tensor deep_supervision_loss(const std::vector<at::Tensor>& logits,
                                 const std::vector<at::Tensor>& targets,
                                 const LossOptions& options);

/// EGE-UNet's loss (Ruan et al. 2023). Regions: cross-entropy plus one minus the soft Dice of each
/// item, smoothed by 1; else head_loss() of the first head. The lower heads, one
/// channel each, learn the foreground (any label above 0, any region) in the first way, weighted
/// 0.5, 0.4, ... 0.1.
/// @param logits heads as large as the target, the main one first.
at::Tensor ege_unet_loss(const std::vector<at::Tensor>& logits, const at::Tensor& target,
                         const LossOptions& options);

/// Loss of a batch by options.loss.
at::Tensor training_loss(const std::vector<at::Tensor>& logits,
                         const std::vector<at::Tensor>& targets, const LossOptions& options);

}  // namespace seg::train
