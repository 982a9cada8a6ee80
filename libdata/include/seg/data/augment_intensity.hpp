#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace seg::data {

// Intensity transforms of nnU-Net's training pipeline (batchgeneratorsv2) with explicit parameters.
// `rows` is float32 [N, (Z,) Y, X], contiguous: one channel of one item per row, changed in place.
// Parameters have one entry per row.

/// Adds Gaussian noise with standard deviation `sigma`, the same for all rows; `seed` alone decides
/// the noise (on one kind of device).
void add_noise(const at::Tensor& rows, double sigma, std::uint64_t seed);

/// Gaussian kernel cut at 3 sigma on either side: as many entries as the odd number nearest to
/// 6 * sigma + 0.5; sums to 1.
std::vector<double> gaussian_kernel(double sigma);

/// Gaussian blur, one sigma (voxels) per axis, borders reflected.
void blur(const at::Tensor& rows, const std::vector<std::vector<double>>& sigmas);

/// Multiplies each row by its factor.
void scale_brightness(const at::Tensor& rows, const std::vector<double>& factors);

/// Stretches each row around its mean, within the range that it had.
void change_contrast(const at::Tensor& rows, const std::vector<double>& factors);

/// Shrinks each row by its scales (per axis, <= 1) with nearest neighbours and enlarges it
/// linearly.
void lower_resolution(const at::Tensor& rows, const std::vector<std::vector<double>>& scales);

struct GammaOptions {
  bool invert = false;       ///< apply to the negated image
  bool retain_stats = true;  ///< restore mean and (sample) standard deviation
};

/// Raises each row, scaled to 0..1, to its power.
void apply_gamma(const at::Tensor& rows, const std::vector<double>& gammas,
                 const GammaOptions& options);

}  // namespace seg::data
