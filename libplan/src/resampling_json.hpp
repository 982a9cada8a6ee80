#pragma once

#include "seg/plan/files.hpp"

namespace seg::plan {

/// Adds the resampling of images (cubic), segmentations and probabilities (linear) that nnU-Net
/// plans to a configuration of plans.json.
void add_default_resampling(Json& configuration);

/// Adds another function for all three.
/// @param method {"function": NAME, "arguments": {...}}; is_seg is added to its arguments, if it
/// has any.
void add_resampling(Json& configuration, const Json& method);

}  // namespace seg::plan
