#pragma once

#include "seg/plan/files.hpp"

namespace seg::plan {

/// Adds the resampling of images (cubic), segmentations and probabilities (linear) that nnU-Net
/// plans to a configuration of plans.json.
void add_default_resampling(Json& configuration);

}  // namespace seg::plan
