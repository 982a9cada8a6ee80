#pragma once

#include <map>

#include "predict/segmentation_record.hpp"
#include "seg/plan/dataset.hpp"
#include "seg/train/ensemble.hpp"

namespace seg::train {

/// Where several models keep the probabilities of their cases: for each case the paths without
/// ".npz", one per model.
using MemberFiles = std::map<std::string, std::vector<std::filesystem::path>>;

/// Cases with probabilities in a folder, by name.
std::map<std::string, std::filesystem::path> cases_with_probabilities(
    const std::filesystem::path& folder);

/// One entry per case of `models`, which must all have the same cases.
/// @throws Error naming the model (`names`) and the case that it lacks.
MemberFiles members_of(const std::vector<std::map<std::string, std::filesystem::path>>& models,
                       const std::vector<std::string>& names);

/// What a case is averaged of. @param stems of its members' probabilities.
SegmentationRecord record_of_average(const std::vector<std::filesystem::path>& stems);

/// Averages each case and writes OUTPUT/<case><file_ending> with its record. @returns their names.
/// @throws SomeFailed when some cannot be averaged; the others are.
std::vector<std::string> merge_cases(const MemberFiles& members, const plan::Dataset& dataset,
                                     const std::filesystem::path& output,
                                     const EnsembleOptions& options, const Reporter& reporter);

}  // namespace seg::train
