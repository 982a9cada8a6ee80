#pragma once

#include "seg/plan/files.hpp"
#include "topic.hpp"

namespace seg::oracles {

/// Compares the settings of a training pipeline of nnU-Net, dumped with its geometry, with those
/// that seg draws from; numbers that seg does not have (elastic deformation) must be off.
void replay_pipeline(const Json& recorded, Outcome& outcome);

}  // namespace seg::oracles
