#pragma once

#include "evaluate/compared_models.hpp"
#include "seg/data/work_folder.hpp"
#include "seg/plan/labels.hpp"
#include "seg/train/select.hpp"

namespace seg::train {

/// What is compared, and with what.
struct CrossValidation {
  data::WorkFolder work;
  SelectOptions options;
  plan::Dataset dataset;
  plan::Labels labels;
  std::filesystem::path reference;  ///< folder of the training cases' label maps, once it is made
};

/// Warns of what is unusual about splits_final.json, whose folds are taken where none are named.
CrossValidation read_cross_validation(const std::filesystem::path& work,
                                      const SelectOptions& options, const Reporter& reporter);

/// A candidate and its one or two models.
struct Entrant {
  Candidate candidate;
  std::vector<ComparedModel> models;
};

/// Where the segmentations of one model's folds, or of an ensemble of two, are collected.
std::filesystem::path collection_folder(const CrossValidation& validation,
                                        const std::vector<ComparedModel>& models);

/// @throws Error when a fold of the models is missing, lacks cases or was trained with another
/// split, and for two models without probabilities.
void check_collectable(const CrossValidation& validation, const std::vector<ComparedModel>& models);

/// Collects and evaluates the segmentations of one model's folds.
Entrant accumulate_folds(const CrossValidation& validation, const ComparedModel& model,
                         const Reporter& reporter);

/// Averages the probabilities of two models' folds and evaluates the segmentations.
Entrant ensemble_folds(const CrossValidation& validation, const std::vector<ComparedModel>& models,
                       const Reporter& reporter);

/// Writes results/inference_information.json, nnU-Net's record of a selection.
std::filesystem::path write_inference_information(const CrossValidation& validation,
                                                  const Selection& selection);

InferenceSteps inference_steps(const CrossValidation& validation, const Entrant& best);

}  // namespace seg::train
