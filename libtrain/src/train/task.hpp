#pragma once

#include "seg/data/augment.hpp"
#include "seg/data/splits.hpp"
#include "seg/data/work_folder.hpp"
#include "seg/plan/experiment.hpp"
#include "seg/train/losses.hpp"
#include "seg/train/recipe.hpp"
#include "seg/train/trainer.hpp"

namespace seg::train {

/// What is trained (its configuration has the recipe's batch size), from which files, into which
/// folder.
struct Task : plan::Experiment {
  data::WorkFolder work;
  Recipe recipe;
  data::Split split;
  data::AugmentationGeometry geometry;
  std::vector<std::vector<double>> head_scales;  ///< one head without deep supervision
  std::filesystem::path data_folder, model_folder, fold_folder;
  std::filesystem::path previous_stage_folder;  ///< cascade: the previous stage's labels; or empty

  LossOptions loss_options() const;
  /// Axes that prediction may flip: those that training mirrors.
  std::vector<int> mirror_axes() const;
};

/// Reads WORK. @throws Error when the plans, the data or cases of the fold are missing.
Task read_task(const std::filesystem::path& work, const TrainOptions& options);

/// Where the final validation of the model in `model_folder` leaves its segmentations for the
/// configuration `next` of a cascade: <case>.npy, int16 [1, Z, Y, X] on the grid of that
/// configuration's preprocessed data.
std::filesystem::path next_stage_folder(const std::filesystem::path& model_folder,
                                        const std::string& next);

/// Writes what a model folder needs beside its folds: dataset.json, plans.json and the fingerprint.
void write_model_files(const Task& task);

}  // namespace seg::train
