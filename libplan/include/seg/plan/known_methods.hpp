#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace seg::plan {

/// Classes of nnU-Net 2.8.1 that normalise a channel.
inline constexpr std::array<std::string_view, 5> kNormalizationSchemes{
    "ZScoreNormalization", "CTNormalization", "NoNormalization", "RescaleTo01Normalization",
    "RGBTo01Normalization"};

/// Functions of nnU-Net 2.8.1 that resample.
inline constexpr std::array<std::string_view, 4> kResamplingFunctions{
    "resample_data_or_seg_to_shape", "resample_torch_fornnunet", "resample_torch_simple",
    "no_resampling_hack"};

bool is_one_of(std::string_view name, const auto& names) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace seg::plan
