#pragma once

#include <string>

#include "json_field.hpp"
#include "seg/plan/plans.hpp"

namespace seg::plan {

/// Entry `name` of the configurations with what it inherits (inherits_from) filled in.
/// @throws Error for a circle or an unknown parent.
Json inherited(const JsonObject& configurations, const std::string& name);

/// `json` has no inheritance left; networks described in the way of nnU-Net 2.0 to 2.2 are
/// converted.
Configuration configuration_from_json(const std::string& name, const Json& json,
                                      const std::string& source);

/// The "architecture" entry for a configuration that has UNet_class_name and its like instead.
Json architecture_of_old_plans(const JsonObject& configuration);

/// `json` without the entries that architecture_of_old_plans replaces.
Json without_old_architecture(Json json);

}  // namespace seg::plan
