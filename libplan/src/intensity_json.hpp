#pragma once

#include <string>
#include <vector>

#include "seg/plan/fingerprint.hpp"

namespace seg::plan {

/// The object {"0": {"max": ..., ...}, "1": ...} that fingerprint and plans share; entry i of the
/// result is key "i".
std::vector<IntensityProperties> intensities_from_json(const Json& json, const std::string& source);
Json intensities_to_json(const std::vector<IntensityProperties>& intensities);

}  // namespace seg::plan
