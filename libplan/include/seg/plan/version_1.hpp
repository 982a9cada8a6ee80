#pragma once

#include <string>

#include "seg/plan/plans.hpp"

namespace seg::plan {

/// What nnU-Net v2 has in three files of a model folder, and v1 in its plans.pkl.
struct Version1Model {
  std::string configuration;  ///< 2d or 3d_fullres
  Json dataset, plans;        ///< dataset.json, plans.json
};

/// Turns v1's plans (their last stage, which has the full resolution) into v2's files, for a model
/// that was trained with them. v1 resamples and normalises as v2's defaults do; it knows labels by
/// number only, so they are called "label 1", "label 2", ...
/// @param version_1 the plans as JSON, with numbers as texts where they are keys.
/// @param network the network; its stages are complete but for the poolings between them, which
/// are added.
/// @throws Error for a missing entry and for a normalisation that v2 does not have.
Version1Model convert_version_1_plans(const Json& version_1, Architecture network,
                                      const std::string& source);

}  // namespace seg::plan
