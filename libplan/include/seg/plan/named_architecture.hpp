#pragma once

#include <optional>
#include <string>

#include "seg/plan/plans.hpp"

namespace seg::plan {

/// A network that plans may give by its name alone: nnssl's "ResEncL", as nnU-Net 2.8.1's
/// get_network_from_name builds it. Nothing for other names.
std::optional<Architecture> architecture_named(const std::string& name);

}  // namespace seg::plan
