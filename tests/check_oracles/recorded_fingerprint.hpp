#pragma once

#include <filesystem>
#include <vector>

#include "seg/data/cases.hpp"
#include "seg/plan/fingerprint.hpp"
#include "topic.hpp"

namespace seg::oracles {

/// The training cases of a dataset that `recorded` has an entry for.
/// @throws Error when one of them is not in the dataset.
std::vector<data::Case> named_cases(const std::filesystem::path& dataset_folder,
                                    const Json& recorded);

/// Spacings, shapes and the cropping ratio must be equal, minima and maxima too; the other
/// intensities come from random samples in nnU-Net and may differ by 1 %.
void compare_fingerprints(const Json& expected, const plan::Fingerprint& found, Outcome& outcome);

/// Relative difference of two numbers; absolute where the expected one is 0.
double relative_deviation_of(double found, double expected);

}  // namespace seg::oracles
