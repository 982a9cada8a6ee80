#pragma once

#include <array>
#include <cstdint>

#include "predict/loaded_model.hpp"

namespace seg::train {

/// Bytes, see MemoryNeed.
struct Bytes {
  std::int64_t host = 0, device = 0;
};

/// Largest sum of the tensors that live at a time while `work` runs, of those that this thread
/// makes meanwhile.
Bytes peak_of_tensors(const std::function<void()>& work);

/// What the networks of a model take for a scan, of which nothing is cropped; runs them on as many
/// empty tiles as such a scan has go through together.
/// @param shape C, Z, Y, X; spacing in array order.
Bytes network_need(LoadedModel& loaded, const std::array<std::int64_t, 4>& shape,
                   const std::array<double, 3>& spacing);

/// What segment_in_memory() takes at most beside the scan, for a scan of C, Z, Y, X of which
/// nothing is cropped; of a model alone, without the stage before it.
/// @param spacing in array order.
Bytes scan_need(const LoadedModel& loaded, const std::array<std::int64_t, 4>& shape,
                const std::array<double, 3>& spacing, bool wants_scores);

}  // namespace seg::train
