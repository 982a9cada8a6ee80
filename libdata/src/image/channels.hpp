#pragma once

#include <ATen/ATen.h>

#include <vector>

namespace seg::data {

/// One array [C, Z, Y, X] of parts along C. A single part, the usual case, is not copied.
inline at::Tensor joined_channels(const std::vector<at::Tensor>& parts) {
  return parts.size() == 1 ? parts.front() : at::cat(parts);
}

}  // namespace seg::data
