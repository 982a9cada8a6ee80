#pragma once

#include <ATen/ATen.h>

#include <string>

#include "catch.hpp"
#include "seg/data/npy.hpp"
#include "seg/plan/files.hpp"
#include "skip.hpp"
#include "test_files.hpp"

namespace seg::test {

/// Recorded losses, gradients and optimiser steps of nnU-Net; may not exist.
inline std::filesystem::path loss_oracle() { return shared_data() / "oracles/pipeline/losses"; }

inline bool oracles_are_here() {
  const bool here = std::filesystem::exists(loss_oracle());
  if (!here) skip("no recorded outputs");
  return here;
}

inline at::Tensor recorded(const std::string& name) {
  const auto file = loss_oracle() / (name.ends_with(".npy") ? name : name + ".npy");
  return data::map_npy(file).clone();
}

/// Largest deviation, relative to the largest recorded value.
inline double relative_deviation(const at::Tensor& value, const at::Tensor& truth) {
  const double scale = truth.abs().max().item<double>();
  return (value - truth).abs().max().item<double>() / (scale > 0 ? scale : 1);
}

}  // namespace seg::test
