#pragma once

#include <array>

#include "seg/data/work_folder.hpp"
#include "seg/plan/labels.hpp"
#include "seg/train/select.hpp"

namespace seg::train {

/// What is compared, and with what.
struct CrossValidation {
  data::WorkFolder work;
  SelectOptions options;
  plan::Plans plans;
  plan::Dataset dataset;
  plan::Labels labels;
  std::filesystem::path reference;  ///< folder of the training cases' label maps

  std::filesystem::path model_folder(const std::string& configuration) const;
  std::filesystem::path validation_folder(const std::string& configuration,
                                          const std::string& fold) const;
};

/// Warns of what is unusual about splits_final.json, whose folds are taken where none are named.
CrossValidation read_cross_validation(const std::filesystem::path& work,
                                      const SelectOptions& options, const Reporter& reporter);

/// Configurations of the options that are planned and trained.
std::vector<std::string> trained_configurations(const CrossValidation& validation,
                                                const Reporter& reporter);

/// Collects and evaluates the segmentations of one configuration's folds.
Candidate accumulate_folds(const CrossValidation& validation, const std::string& configuration,
                           const Reporter& reporter);

/// Averages the probabilities of two configurations' folds and evaluates the segmentations.
Candidate ensemble_folds(const CrossValidation& validation,
                         const std::array<std::string, 2>& configurations,
                         const Reporter& reporter);

/// Writes results/inference_information.json, nnU-Net's record of a selection.
std::filesystem::path write_inference_information(const CrossValidation& validation,
                                                  const Selection& selection);

InferenceSteps inference_steps(const CrossValidation& validation, const Candidate& best);

}  // namespace seg::train
