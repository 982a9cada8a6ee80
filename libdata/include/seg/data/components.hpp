#pragma once

#include <ATen/ATen.h>

namespace seg::data {

/// Numbers the connected parts of a mask (bool [(Z,) Y, X]; full neighbourhood) from 1, in order of
/// their first voxel: int64 on the CPU.
at::Tensor connected_components(const at::Tensor& mask);

}  // namespace seg::data
