#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "seg/data/augmentation_table.hpp"
#include "seg/plan/files.hpp"

namespace seg::train {

/// How a network is trained: the entries of configs/training.json, and the augmentation table of
/// configs/augmentation.json. The defaults of both are nnU-Net's.
struct Recipe {
  std::int64_t epochs = 0, iterations = 0, val_iterations = 0;
  std::optional<std::int64_t> batch_size;  ///< the plan's if empty
  std::uint64_t seed = 0;                  ///< start of all random numbers
  std::string optimizer;                   ///< sgd (Nesterov momentum), adam or adamw
  double learning_rate = 0, weight_decay = 0;
  double momentum = 0;              ///< sgd
  double epsilon = 0;               ///< adam, adamw
  bool amsgrad = false;             ///< adam, adamw
  std::string schedule;             ///< poly or cosine
  std::int64_t warm_up_epochs = 0;  ///< the learning rate rises linearly in these
  std::string loss;                 ///< see loss_named()
  double dice_smoothing = 0;
  double foreground_fraction = 0;  ///< of a batch that must contain foreground
  bool mirroring = true, deep_supervision = true;
  double head_lr_factor = 1;        ///< learning rate of all but the heads, as part of the heads'
  std::vector<std::string> freeze;  ///< parameters that begin like this stay as they are
  std::int64_t save_every = 0;      ///< epochs between checkpoint_latest
  // On a GPU:
  bool cuda_graphs = true;       ///< start forward and backward pass as a whole
  bool cudnn_benchmark = false;  ///< take the convolutions that are fastest when they first run:
                                 ///< may differ from run to run
  data::AugmentationTable augmentation;
};

/// nnU-Net's recipe.
Recipe default_recipe();

/// Replaces the entries that `settings` has; those of the augmentation table lie under
/// "augmentation".
/// @param source names the settings in errors.
/// @throws Error for an entry that does not exist (names those that do), another type, and an
/// impossible value.
void change_recipe(Recipe& recipe, const Json& settings, const std::string& source);

/// All entries by their names.
Json to_json(const Recipe& recipe);

}  // namespace seg::train
