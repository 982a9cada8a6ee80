#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "seg/plan/files.hpp"

namespace seg::plan {

/// Intensities of the foreground voxels of one channel over all training cases.
struct IntensityProperties {
  double max = 0, mean = 0, median = 0, min = 0, percentile_00_5 = 0, percentile_99_5 = 0, std = 0;
};

/// What planning needs to know of a dataset: nnU-Net's dataset_fingerprint.json.
/// Spacings (mm) and shapes (voxels) are in original array order [Z, Y, X], one entry per case,
/// cases sorted by name.
struct Fingerprint {
  std::vector<IntensityProperties> intensities;  ///< per channel
  double median_relative_size_after_cropping = 1;
  std::vector<std::array<std::int64_t, 3>> shapes_after_crop;
  std::vector<std::array<double, 3>> spacings;
  /// By which the images were read; nnU-Net's own file does not say.
  std::optional<std::string> image_reader{};
};

Fingerprint fingerprint_from_json(const Json& json, const std::string& source);
Json to_json(const Fingerprint& fingerprint);
Fingerprint read_fingerprint(const std::filesystem::path& file);

}  // namespace seg::plan
