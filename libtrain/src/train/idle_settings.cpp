#include <algorithm>

#include "seg/train/recipe.hpp"

namespace seg::train {

std::vector<IdleSetting> idle_settings(const Recipe& recipe) {
  std::vector<IdleSetting> idle;
  const auto without = [&](bool used, const std::string& reason,
                           const std::vector<const char*>& names) {
    for (const char* name : names)
      if (!used) idle.push_back({name, reason});
  };
  const std::string optimizer = "with the optimizer " + recipe.optimizer;
  const std::string loss = "with the loss " + recipe.loss;
  const auto loss_is_one_of = [&](const std::vector<std::string>& names) {
    return std::ranges::find(names, recipe.loss) != names.end();
  };
  without(recipe.optimizer == "sgd", optimizer, {"momentum"});
  without(recipe.optimizer != "sgd", optimizer, {"epsilon", "amsgrad"});
  without(loss_is_one_of({"dice_ce", "dice", "dice_topk", "dice_ce_skeleton"}), loss,
          {"dice_smoothing"});
  without(!loss_is_one_of({"dice", "ege_unet"}), loss, {"label_smoothing"});
  without(recipe.loss == "dice_ce_skeleton", loss, {"skeleton_weight", "skeleton_tube"});
  without(recipe.deep_supervision, "without `deep_supervision`", {"first_head_only"});
  without(recipe.mirroring, "without `mirroring`", {"mirror_axes"});
  without(recipe.augment, "without `augment`",
          {"dummy_2d", "crop_zoom", "image_sampling", "label_sampling", "augmentation"});
  return idle;
}

}  // namespace seg::train
