#pragma once

#include <string>
#include <vector>

#include "seg/plan/files.hpp"

namespace seg {

/// A file of configs/ as it was when seg was built: built_in_config("planners") is
/// configs/planners.json.
/// @throws Error for a name that is not among them.
Json built_in_config(const std::string& name);

std::vector<std::string> built_in_config_names();

}  // namespace seg
