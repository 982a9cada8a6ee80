#pragma once

#include <ATen/ATen.h>

#include <filesystem>
#include <string>

#include "seg/data/image.hpp"
#include "seg/plan/files.hpp"

namespace seg::test {

inline Json tiny_dataset_json() {
  return {{"channel_names", {{"0", "MRI"}}},
          {"labels", {{"background", 0}, {"ball", 1}}},
          {"numTraining", 5},
          {"file_ending", ".nii.gz"}};
}

/// A bright ball in a dim noisy box, and its label: float32 and int16 [16, 18, 20].
struct Ball {
  at::Tensor image, label;
};

inline Ball ball(int number) {
  const auto axis = [](int extent, double centre) {
    return (at::arange(extent, at::kFloat) - centre).square();
  };
  const at::Tensor distance = axis(16, 7 + number % 3).view({-1, 1, 1}) +
                              axis(18, 8).view({1, -1, 1}) + axis(20, 9 + number % 2).view({-1});
  const at::Tensor inside = distance < 25;
  auto generator = at::make_generator<at::CPUGeneratorImpl>(number);
  const at::Tensor noise = at::rand(inside.sizes(), generator, at::kFloat);
  return {inside.to(at::kFloat) * 100 + 20 + noise * 10, inside.to(at::kShort)};
}

/// The geometry of most tiny scans.
inline data::Geometry tiny_geometry() {
  data::Geometry geometry;
  geometry.spacing = {1, 1, 1.5};
  geometry.origin = {-10, 5, 3};
  return geometry;
}

inline std::string case_name(int number) { return "ball_" + std::to_string(number); }

/// Five labelled cases in nnU-Net's format, small enough to train on in seconds.
inline void write_tiny_dataset(const std::filesystem::path& folder) {
  write_json(folder / "dataset.json", tiny_dataset_json());
  for (int number = 0; number < 5; ++number) {
    const Ball made = ball(number);
    data::write_image(folder / "imagesTr" / (case_name(number) + "_0000.nii.gz"), made.image,
                      tiny_geometry());
    data::write_label_map(folder / "labelsTr" / (case_name(number) + ".nii.gz"), made.label,
                          tiny_geometry());
  }
}

}  // namespace seg::test
