#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "seg/plan/reporter.hpp"

namespace seg::train {

struct SelectOptions {
  /// What is compared: the models of every plans, trainer, run and configuration. A plans_name may
  /// be empty, see data::read_work_plans; the name of a run, too: runs without one.
  std::vector<std::string> plans_names{""}, trainers{"nnUNetTrainer"}, names{""};
  std::vector<std::string> configurations{"2d", "3d_fullres", "3d_lowres", "3d_cascade_fullres"};
  /// Instead of those: every model in WORK's results that has all the folds, of whatever plans,
  /// trainer and name.
  bool all_models = false;
  std::vector<std::string> folds;  ///< empty: all of splits_final.json, five without it
  bool ensembling = true;          ///< also compare ensembles of two; needs saved probabilities
  int jobs = 1;                    ///< cases at a time
};

/// A model, by the parts of its folder's name.
struct ModelName {
  std::string trainer;  ///< with the name of the run, see trainer_in_folder()
  std::string plans, configuration;
};

/// A model, or an ensemble of two, and how good it was in cross-validation.
struct Candidate {
  std::string name;               ///< of the model folder, or ensemble___<one>___<other>___<folds>
  std::vector<ModelName> models;  ///< one or two
  std::filesystem::path folder;   ///< its segmentations of all cases
  double dice = 0;                ///< foreground mean
};

/// How the best candidate segments new scans: predict with every member's stages, average the
/// members if there are two, and apply the post-processing.
struct InferenceSteps {
  /// Model folders of one member, to predict with one after the other: each is given the
  /// segmentations of the one before as its previous stage, and the last one is the member.
  using Stages = std::vector<std::filesystem::path>;

  std::vector<Stages> members;  ///< one or two; two need saved probabilities
  std::vector<std::string> folds;
  std::filesystem::path postprocessing;  ///< postprocessing.json
};

struct Selection {
  std::vector<Candidate> candidates;  ///< in the order in which they were compared
  std::size_t best = 0;
  double dice_after_postprocessing = 0;
  std::filesystem::path information;  ///< inference_information.json
  InferenceSteps inference;
};

/// nnU-Net's find_best_configuration: collects the segmentations of the folds' validation cases of
/// every trained model (those not planned or not trained are left out) in
/// results/<model>/crossval_results_folds_<folds>, compares their foreground mean Dice and that of
/// all pairs (results/ensembles/<name>), takes the best (the first of equal ones), determines its
/// post-processing and writes results/inference_information.json.
/// @throws Error when nothing is trained, a fold is missing, folds share a case, or ensembling
/// lacks probabilities.
Selection select_configuration(const std::filesystem::path& work, const SelectOptions& options,
                               const Reporter& reporter = {});

/// Where it leaves what it decided.
std::filesystem::path inference_information_file(const std::filesystem::path& work);

/// What it would write, one line for each folder of segmentations (all that it holds is written
/// anew) and for the file of what is decided. Writes nothing.
/// @throws Error as it does for models, folds, and probabilities.
std::vector<std::string> select_intentions(const std::filesystem::path& work,
                                           const SelectOptions& options,
                                           const Reporter& reporter = {});

}  // namespace seg::train
