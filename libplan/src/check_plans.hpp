#pragma once

#include "seg/plan/plans.hpp"

namespace seg::plan {

/// @throws Error, naming the file and the key, for what would make every use of the plans wrong:
/// transposes that are no orders of the axes or do not undo each other.
void check_plans(const Plans& plans);

/// @throws Error, naming the file, the configuration and the key, for a configuration that nnU-Net
/// could not use either: numbers out of range, lists that do not fit each other, names of
/// functions, schemes or stages that do not exist, and a patch that the network cannot halve as
/// often as it is told to.
void check_configuration(const Configuration& configuration, const Plans& plans);

}  // namespace seg::plan
