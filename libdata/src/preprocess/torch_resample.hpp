#pragma once

#include "seg/data/resample.hpp"

namespace seg::data {

/// Whether a method is one of nnU-Net's functions around torch.nn.functional.interpolate.
bool uses_torch(const plan::Resampling& method);

/// Resamples [C, Z, Y, X] as resample_torch_fornnunet or resample_torch_simple; see resample().
at::Tensor resample_by_torch(const at::Tensor& data, const TargetGrid& grid);

/// neighbour_taps() of these functions.
std::optional<std::array<AxisTaps, 3>> torch_taps(const std::array<std::int64_t, 3>& from,
                                                  const TargetGrid& grid);

}  // namespace seg::data
