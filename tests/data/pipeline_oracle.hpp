#pragma once

#include <iostream>
#include <string>

#include "seg/data/npy.hpp"
#include "seg/plan/files.hpp"
#include "test_files.hpp"

namespace seg::test {

/// What the real nnU-Net gave for one topic of the pipeline: manifest.json and arrays beside it.
class PipelineOracle {
 public:
  explicit PipelineOracle(const std::string& topic)
      : folder_(shared_data() / "oracles" / "pipeline" / topic) {}

  /// Says so and returns false where the recorded outputs are not installed.
  bool available() const {
    const bool there = std::filesystem::exists(folder_ / "manifest.json");
    if (!there) std::cerr << "skipped, as " << folder_ << " is missing\n";
    return there;
  }

  Json manifest() const { return read_json(folder_ / "manifest.json"); }
  at::Tensor array(const std::string& name) const { return data::map_npy(folder_ / name); }
  std::filesystem::path path(const std::string& name) const { return folder_ / name; }

 private:
  std::filesystem::path folder_;
};

inline double largest_difference(const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() != b.sizes()) return std::numeric_limits<double>::infinity();
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

inline double share_of_different_voxels(const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() != b.sizes()) return 1;
  return a.ne(b).to(at::kDouble).mean().item<double>();
}

}  // namespace seg::test
