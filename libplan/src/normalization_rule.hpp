#pragma once

#include <string>
#include <vector>

#include "seg/plan/dataset.hpp"
#include "seg/plan/fingerprint.hpp"

namespace seg::plan {

/// How each channel's intensities are normalised.
struct NormalizationRule {
  std::vector<std::string> schemes;
  std::vector<bool> use_mask;  ///< only voxels inside the non-zero mask count
};

/// By channel name ("CT", "noNorm", ...; any other name: z-score), without regard to case. The mask
/// is used when cropping to it removes more than a quarter of the median image.
NormalizationRule normalization_rule(const Dataset& dataset, const Fingerprint& fingerprint);

}  // namespace seg::plan
