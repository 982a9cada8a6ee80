#pragma once

#include <string>
#include <vector>

#include "seg/data/cases.hpp"
#include "seg/plan/dataset.hpp"
#include "seg/plan/reporter.hpp"

namespace seg::data {

/// One thing wrong with a dataset.
struct Finding {
  std::string file, problem, remedy;
};

struct VerifyOptions {
  int jobs = 1;             ///< cases read at the same time
  std::int64_t memory = 0;  ///< that they may take, see ParallelCases
};

/// Reads the whole dataset and lists everything wrong: missing channel or label, shape, spacing,
/// origin or direction that disagree, a spacing that is not above 0 or in another unit than usual,
/// unexpected label values, NaN or infinite voxels, unreadable
/// files, label maps without scan, numTraining that does not match, labels with a gap, a
/// file_ending without its dot, case names that are no names of files. Positions may differ by a
/// tenth of a voxel. Bad data never throws.
std::vector<Finding> verify_dataset(const std::filesystem::path& folder,
                                    const plan::Dataset& dataset, const VerifyOptions& options,
                                    const Reporter& reporter = {});

}  // namespace seg::data
