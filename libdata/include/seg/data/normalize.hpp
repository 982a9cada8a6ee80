#pragma once

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "seg/plan/fingerprint.hpp"

namespace seg::data {

/// Normalises one channel ([Z, Y, X] float32) by an nnU-Net scheme: ZScoreNormalization,
/// CTNormalization, NoNormalization, RescaleTo01Normalization, RGBTo01Normalization.
/// @param seg int16 [Z, Y, X], -1 outside the image; used with `use_mask`.
/// @throws Error for an unknown scheme or values an RGB image cannot have.
at::Tensor normalize(const at::Tensor& channel, const std::string& scheme, bool use_mask,
                     const at::Tensor& seg, const plan::IntensityProperties& intensities);

}  // namespace seg::data
