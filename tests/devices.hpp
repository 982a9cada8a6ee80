#pragma once

#include <ATen/ATen.h>
#include <torch/cuda.h>

#include <vector>

#include "catch.hpp"
#include "skip.hpp"

namespace seg::test {

/// The CPU and, where LibTorch finds one, the GPU; tests that run on both have the tag [gpu].
inline std::vector<at::Device> devices() {
  std::vector<at::Device> found{at::kCPU};
  if (torch::cuda::is_available()) found.emplace_back(at::kCUDA, 0);
  return found;
}

/// For tests that compare the GPU with the CPU; says that they skip.
inline bool without_gpu() {
  if (torch::cuda::is_available()) return false;
  skip("no GPU");
  return true;
}

}  // namespace seg::test
