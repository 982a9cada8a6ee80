#pragma once

#include <ATen/ATen.h>

#include <atomic>
#include <filesystem>
#include <vector>

#include "seg/data/cases.hpp"
#include "seg/data/ranks.hpp"
#include "seg/plan/experiment.hpp"
#include "seg/plan/files.hpp"
#include "seg/plan/reporter.hpp"

namespace seg::data {

/// Up to 10 000 voxels of each foreground class (at least 1 %), drawn without replacement, as
/// nnU-Net's class_locations: int32 [n, 3] per class in Labels::foreground() order; with an ignore
/// label, one more entry for all annotated voxels.
std::vector<at::Tensor> class_locations(const at::Tensor& seg, const plan::Labels& labels);

/// Everything besides a case's files that decides what its arrays are: an object with an entry for
/// each setting.
Json preprocessing_settings(const plan::Experiment& experiment);

/// Those of the cases that preprocess_dataset() would make.
std::vector<Case> cases_to_preprocess(const std::vector<Case>& cases,
                                      const plan::Experiment& experiment,
                                      const std::filesystem::path& folder);

/// What a dataset is preprocessed for, and where to.
struct PreprocessDatasetOptions {
  plan::Experiment experiment;
  std::filesystem::path folder;
  int jobs = 1;                             ///< cases at the same time
  const std::atomic<bool>* stop = nullptr;  ///< no further case is begun once it is true
  std::int64_t memory = 0;                  ///< that the cases may take, see ParallelCases
  Ranks* ranks = nullptr;                   ///< that share the cases
};

/// Preprocesses cases into FOLDER/<case>.npy, <case>_seg.npy, <case>.json (atomically). Cases whose
/// record says that they were made from the same files with the same settings are skipped.
/// @throws Error when stopped; finished cases stay.
void preprocess_dataset(const std::vector<Case>& cases, const PreprocessDatasetOptions& options,
                        const Reporter& reporter = {});

}  // namespace seg::data
