#pragma once

#include "seg/data/resample.hpp"

namespace seg::data {

/// separate_axis() as the arguments of a grid's method ask for it.
/// @param otherwise force_separate_z, where they do not have it.
inline std::optional<int> separate_axis_of(const TargetGrid& grid, std::optional<bool> otherwise) {
  constexpr double kUsualThreshold = 3;
  const Json& arguments = grid.method.arguments;
  if (arguments.contains("force_separate_z")) {
    const Json& force = arguments["force_separate_z"];
    otherwise = force.is_null() ? std::nullopt : std::optional<bool>(force.get<bool>());
  }
  return separate_axis(grid.spacing, grid.new_spacing, otherwise,
                       arguments.value("separate_z_anisotropy_threshold", kUsualThreshold));
}

}  // namespace seg::data
