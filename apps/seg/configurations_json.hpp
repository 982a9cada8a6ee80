#pragma once

#include "seg/plan/plans.hpp"

namespace seg::app {

/// {NAME: {"patch": [...], "batch": N, "spacing": [...], "network": CLASS}}
Json configurations_json(const plan::Plans& plans);

}  // namespace seg::app
