#pragma once

#include "seg/data/preprocess.hpp"

namespace seg::data {

/// Shape of a case at its target spacing.
/// @throws Error, before any memory is asked for, when nothing of the case would be left, or when
/// it would take more memory than the machine has or is in proportion to the scan; the line names
/// size, spacings and the unit that the scan's spacing seems to be in.
/// @param channels of the scan, each of which is held as float32.
std::array<std::int64_t, 3> target_size(const CaseProperties& properties, std::int64_t channels);

}  // namespace seg::data
