#pragma once

#include <filesystem>
#include <vector>

#include "seg/data/cases.hpp"
#include "seg/data/verify.hpp"
#include "seg/plan/dataset.hpp"

namespace seg::data {

/// The cases of a dataset as its file names tell, complete or not.
struct CaseListing {
  std::vector<Case> cases;        ///< sorted by name; files may be missing
  std::vector<Finding> findings;  ///< what is missing or has a name that cannot be
};

CaseListing list_training_cases(const std::filesystem::path& folder, const plan::Dataset& dataset);

}  // namespace seg::data
