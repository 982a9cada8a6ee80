#pragma once

#include <optional>

#include "plan_configuration.hpp"

namespace seg::plan {

/// How the search for a low resolution configuration went.
struct LowresSearch {
  double patch_share = 0;  ///< part of the median full resolution image that its patch covers
  int rounds = 0;          ///< times that the spacing was raised
  double shrinkage = 1;    ///< full resolution voxels per low resolution voxel
  std::optional<ConfigurationPlan> plan;  ///< of the last round, also when it is not kept

  bool kept() const { return plan && shrinkage >= 2; }
};

/// Raises the spacing until a patch covers a quarter of the median image. The finer axes go first,
/// until no spacing is more than twice another.
LowresSearch search_lowres(const PlanningTask& task, const ConfigurationPlan& fullres);

}  // namespace seg::plan
