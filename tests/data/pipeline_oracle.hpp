#pragma once

#include <string>

#include "check_oracles/array_difference.hpp"
#include "seg/data/npy.hpp"
#include "seg/plan/files.hpp"
#include "skip.hpp"
#include "test_files.hpp"

namespace seg::test {

/// What the real nnU-Net gave for one topic of the pipeline: manifest.json and arrays beside it.
class PipelineOracle {
 public:
  explicit PipelineOracle(const std::string& topic)
      : folder_(shared_data() / "oracles" / "pipeline" / topic) {
    if (std::filesystem::exists(path("manifest.json")))
      manifest_ = read_json(path("manifest.json"));
  }

  /// Says so and returns false where the recorded outputs are not installed.
  bool available() const {
    if (manifest_.is_null()) skip("no " + folder_.string());
    return !manifest_.is_null();
  }

  const Json& manifest() const { return manifest_; }
  at::Tensor array(const std::string& name) const { return data::map_npy(folder_ / name); }
  std::filesystem::path path(const std::string& name) const { return folder_ / name; }

 private:
  std::filesystem::path folder_;
  Json manifest_;
};

using oracles::largest_difference;
using oracles::share_of_different_voxels;

}  // namespace seg::test
