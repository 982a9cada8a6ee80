#pragma once

#include <c10/util/BFloat16.h>

#include <cstdint>

namespace seg::net {

/// Some voxels of one sample: `rows` of them, each with its `channels` side by side.
template <typename T>
struct VoxelRows {
  T* values;
  std::int64_t rows, channels;
};

/// Per channel: y = leaky(x * scale + shift).
struct ScaleShift {
  const float *scale, *shift;
  float slope;
};

/// Per channel: what the gradient of the norm is made of (dx = inner * (g - mean_gradient -
/// x_hat * mean_product), g the gradient before the leaky ReLU).
struct BackwardTerms {
  ScaleShift forward;
  const float *mean, *inverse_deviation;
  const float *inner, *mean_gradient, *mean_product;
};

// The loops over voxels, compiled for several instruction sets, each for float and bfloat16.

/// Mean and sum of squared deviations of each channel.
void block_moments(VoxelRows<const float> x, float* mean, float* squares);
void block_moments(VoxelRows<const c10::BFloat16> x, float* mean, float* squares);

/// `y` may be x.
void scale_and_activate(VoxelRows<const float> x, const ScaleShift& terms, float* y);
void scale_and_activate(VoxelRows<const c10::BFloat16> x, const ScaleShift& terms,
                        c10::BFloat16* y);

/// Sums over voxels, per channel, of g and of g * x_hat.
struct GradientSums {
  float *gradient, *product;
};
void block_gradient_sums(VoxelRows<const float> x, const float* dy, const BackwardTerms& terms,
                         const GradientSums& sums);
void block_gradient_sums(VoxelRows<const c10::BFloat16> x, const c10::BFloat16* dy,
                         const BackwardTerms& terms, const GradientSums& sums);

void input_gradient(VoxelRows<const float> x, const float* dy, const BackwardTerms& terms,
                    float* dx);
void input_gradient(VoxelRows<const c10::BFloat16> x, const c10::BFloat16* dy,
                    const BackwardTerms& terms, c10::BFloat16* dx);

}  // namespace seg::net
