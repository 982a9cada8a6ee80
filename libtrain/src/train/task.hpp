#pragma once

#include <optional>

#include "seg/data/augment.hpp"
#include "seg/data/splits.hpp"
#include "seg/data/work_folder.hpp"
#include "seg/plan/experiment.hpp"
#include "seg/train/losses.hpp"
#include "seg/train/recipe.hpp"
#include "seg/train/train_options.hpp"

namespace seg::train {

/// What is trained (its configuration has the recipe's batch size), from which files, into which
/// folder.
struct Task : plan::Experiment {
  TrainOptions options;
  data::WorkFolder work;
  Recipe recipe;
  Json origins;  ///< of the recipe's settings, see ChosenRecipe
  data::Split split;
  data::AugmentationGeometry geometry;
  std::vector<std::vector<double>> head_scales;  ///< one head without deep supervision
  std::filesystem::path data_folder;
  std::filesystem::path previous_stage_folder;  ///< cascade: the previous stage's labels; or empty

  LossOptions loss_options() const;
  /// Axes that prediction may flip: those that training mirrors.
  std::vector<int> mirror_axes() const;
  /// The folder of the trainer's model, with its fold_K.
  std::filesystem::path model_folder() const;
  std::filesystem::path fold_folder() const;
};

/// Reads WORK's dataset and plan. @throws Error when they are missing.
Task read_task(const std::filesystem::path& work, const TrainOptions& options);

/// Chooses the recipe: nnU-Net's, changed by the plan, the trainer, the run that is resumed (if
/// there is one), the config file and the options.
/// @throws Error for a trainer that is unknown, and for settings that are unknown, impossible, or
/// not those of the resumed run.
void choose_recipe(Task& task, const std::optional<SettingsLayer>& resumed);

/// Chooses the recipe that the checkpoint to validate was trained with.
/// @throws Error for settings that are asked for and are other ones: they would do nothing.
void choose_recipe_to_validate(Task& task, const SettingsLayer& trained);

/// Whether a setting of this origin, see ChosenRecipe, was asked for: by options or config file.
bool is_asked_for(const Task& task, const Json& origin);

/// Finds the fold's preprocessed cases, of those that the dataset has now; warns of what is unusual
/// about splits_final.json. @throws Error when some are missing.
void find_cases(Task& task, const Reporter& reporter);

/// @throws Error for a split without cases to train or to validate.
void check_split(const Task& task);

/// Every case of the split needs the previous stage's segmentation of it. @throws Error.
void check_previous_stage(const Task& task);

/// Where the final validation of the model in `model_folder` leaves its segmentations for the
/// configuration `next` of a cascade: <case>.npy, int16 [1, Z, Y, X] on the grid of that
/// configuration's preprocessed data.
std::filesystem::path next_stage_folder(const std::filesystem::path& model_folder,
                                        const std::string& next);

}  // namespace seg::train
