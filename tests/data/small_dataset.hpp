#pragma once

#include <ATen/ATen.h>

#include <filesystem>
#include <string>

#include "seg/data/image.hpp"
#include "seg/plan/dataset.hpp"

namespace seg::test {

/// A dataset of a few tiny cases "scan_0", "scan_1", ... in nnU-Net's format. Voxels are 10, 11,
/// ...; label 1 is the first half of the array.
class SmallDataset {
 public:
  SmallDataset(std::filesystem::path folder, int cases, int channels = 1)
      : folder_(std::move(folder)) {
    for (int i = 0; i < cases; ++i) {
      for (int channel = 0; channel < channels; ++channel)
        data::write_image(image(i, channel), voxels() + 100 * channel, geometry());
      data::write_label_map(label(i), labels(), geometry());
    }
    json = Json{{"channel_names", Json::object()},
                {"labels", {{"background", 0}, {"organ", 1}}},
                {"numTraining", cases},
                {"file_ending", ".nii.gz"}};
    for (int channel = 0; channel < channels; ++channel)
      json["channel_names"][std::to_string(channel)] = "MRI";
  }

  static at::Tensor voxels() { return at::arange(10, 10 + 60, at::kFloat).view({3, 4, 5}); }
  static at::Tensor labels() { return at::arange(60).view({3, 4, 5}).lt(30).to(at::kShort); }
  static data::Geometry geometry() {
    data::Geometry geometry;
    geometry.spacing = {1, 1, 2};
    return geometry;
  }

  std::filesystem::path image(int scan, int channel = 0) const {
    return folder_ / "imagesTr" /
           ("scan_" + std::to_string(scan) + "_000" + std::to_string(channel) + ".nii.gz");
  }
  std::filesystem::path label(int scan) const {
    return folder_ / "labelsTr" / ("scan_" + std::to_string(scan) + ".nii.gz");
  }
  const std::filesystem::path& folder() const { return folder_; }
  plan::Dataset dataset() const {
    return plan::dataset_from_json(json, "Dataset001_Small", (folder_ / "dataset.json").string());
  }

  Json json;

 private:
  std::filesystem::path folder_;
};

}  // namespace seg::test
