#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace seg::plan {

/// Classes of nnU-Net 2.8.1 that normalise a channel.
inline constexpr std::array<std::string_view, 5> kNormalizationSchemes{
    "ZScoreNormalization", "CTNormalization", "NoNormalization", "RescaleTo01Normalization",
    "RGBTo01Normalization"};

/// The one of nnU-Net's resampling functions that gives back what it was given.
inline constexpr std::string_view kNoResampling = "no_resampling_hack";

/// Functions of nnU-Net 2.8.1 that resample.
inline constexpr std::array<std::string_view, 4> kResamplingFunctions{
    "resample_data_or_seg_to_shape", "resample_torch_fornnunet", "resample_torch_simple",
    kNoResampling};

/// Modes of LibTorch's interpolation that its resampling functions may name: for volumes, and for
/// the planes across an axis that is handled separately.
inline constexpr std::array<std::string_view, 5> kVolumeModes{"linear", "trilinear", "nearest",
                                                              "nearest-exact", "area"};
inline constexpr std::array<std::string_view, 6> kPlaneModes{"linear",  "bilinear",      "bicubic",
                                                             "nearest", "nearest-exact", "area"};

bool is_one_of(std::string_view name, const auto& names) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace seg::plan
