#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "seg/data/work_folder.hpp"
#include "seg/plan/plans.hpp"
#include "seg/train/select.hpp"

namespace seg::train {

/// A trained model that takes part in a selection.
struct ComparedModel {
  ModelName name;
  plan::Plans plans;
  std::filesystem::path folder;

  /// Where the final validation of a fold left its segmentations.
  std::filesystem::path validation(const std::string& fold) const;
};

/// The models that the options ask for, as far as they are planned and trained.
/// @param options with their folds.
/// @throws Error when there are none.
std::vector<ComparedModel> compared_models(const data::WorkFolder& work,
                                           const SelectOptions& options, const Reporter& reporter);

}  // namespace seg::train
