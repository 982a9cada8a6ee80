#pragma once

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "seg/plan/fingerprint.hpp"

namespace seg::data {

/// How a channel is normalised.
struct Normalization {
  std::string scheme;     ///< nnU-Net's name: ZScore-, CT-, No-, RescaleTo01-, RGBTo01Normalization
  bool use_mask = false;  ///< z-score: of the voxels inside the image only
  plan::IntensityProperties intensities{};  ///< of the dataset; for CT
};

/// Normalises one channel (float32 [Z, Y, X]); returns a new array.
/// @param seg int16 [Z, Y, X], -1 outside the image; only used with a mask.
/// @throws Error for an unknown scheme or values an RGB image cannot have.
at::Tensor normalize(const at::Tensor& channel, const at::Tensor& seg, const Normalization& how);

}  // namespace seg::data
