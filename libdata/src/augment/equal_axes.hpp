#pragma once

#include <cstdint>
#include <vector>

namespace seg::data {

/// The patch's axes that may take each other's place: those of the extent that most axes have;
/// empty when all extents differ (nnUNetTrainerDA5).
std::vector<int> equal_axes(const std::vector<std::int64_t>& patch);

}  // namespace seg::data
