#include "kernels/cpu/norm_loops.hpp"

#include <algorithm>

#include "kernels/cpu/for_processor.hpp"

namespace seg::net {
namespace {

// Of `count` channels from `first` on, few enough for their sums to stay in registers.
template <std::int64_t count, typename T>
[[gnu::always_inline]] inline void moments_of(const VoxelRows<const T>& x, std::int64_t first,
                                              float* mean, float* squares) {
  const T *const begin = x.values + first, *const end = begin + x.rows * x.channels;
  float origin[count], sums[count] = {}, means[count], deviations[count] = {};
  for (std::int64_t c = 0; c < count; ++c) origin[c] = static_cast<float>(begin[c]);
  for (const T* row = begin; row < end; row += x.channels)
    for (std::int64_t c = 0; c < count; ++c) sums[c] += static_cast<float>(row[c]) - origin[c];
  for (std::int64_t c = 0; c < count; ++c)
    means[c] = origin[c] + sums[c] / static_cast<float>(x.rows);
  for (const T* row = begin; row < end; row += x.channels)
    for (std::int64_t c = 0; c < count; ++c) {
      const float distance = static_cast<float>(row[c]) - means[c];
      deviations[c] += distance * distance;
    }
  std::copy_n(means, count, mean + first);
  std::copy_n(deviations, count, squares + first);
}

// Distances from the first voxel are added up, which stay small.
template <typename T>
[[gnu::always_inline]] inline void moments(const VoxelRows<const T>& x, float* mean,
                                           float* squares) {
  std::int64_t first = 0;
  for (; first + 32 <= x.channels; first += 32) moments_of<32>(x, first, mean, squares);
  for (; first + 8 <= x.channels; first += 8) moments_of<8>(x, first, mean, squares);
  for (; first < x.channels; ++first) moments_of<1>(x, first, mean, squares);
}

// `value`, or its product with the slope where it has not `passed`. As a sum, since a branch around
// the product would keep loops from being vectorised.
[[gnu::always_inline]] inline float leaky(float value, bool passed, float slope) {
  return (passed ? value : 0.F) + (passed ? 0.F : value) * slope;
}

template <typename T>
[[gnu::always_inline]] inline void activate(const VoxelRows<const T>& x, const ScaleShift& terms,
                                            T* y) {
  const float* __restrict scale = terms.scale;
  const float* __restrict shift = terms.shift;
  const float slope = terms.slope;
  for (std::int64_t row = 0; row < x.rows; ++row) {
    const std::int64_t first = row * x.channels;
#pragma GCC ivdep
    for (std::int64_t c = 0; c < x.channels; ++c) {
      const float z = static_cast<float>(x.values[first + c]) * scale[c] + shift[c];
      y[first + c] = static_cast<T>(leaky(z, z > 0, slope));
    }
  }
}

template <typename T>
[[gnu::always_inline]] inline void gradient_sums(const VoxelRows<const T>& x, const T* dy,
                                                 const BackwardTerms& terms,
                                                 const GradientSums& sums) {
  float* __restrict gradient = sums.gradient;
  float* __restrict product = sums.product;
  const float *scale = terms.forward.scale, *shift = terms.forward.shift, *mean = terms.mean,
              *inverse_deviation = terms.inverse_deviation;
  const float slope = terms.forward.slope;
  std::fill_n(gradient, x.channels, 0.F);
  std::fill_n(product, x.channels, 0.F);
  for (std::int64_t row = 0; row < x.rows; ++row) {
    const std::int64_t first = row * x.channels;
#pragma GCC ivdep
    for (std::int64_t c = 0; c < x.channels; ++c) {
      const float value = static_cast<float>(x.values[first + c]);
      const bool passed = value * scale[c] + shift[c] > 0;
      const float g = leaky(static_cast<float>(dy[first + c]), passed, slope);
      gradient[c] += g;
      product[c] += g * (value - mean[c]) * inverse_deviation[c];
    }
  }
}

template <typename T>
[[gnu::always_inline]] inline void gradient_of_input(const VoxelRows<const T>& x, const T* dy,
                                                     const BackwardTerms& terms, T* __restrict dx) {
  const float *scale = terms.forward.scale, *shift = terms.forward.shift;
  const float slope = terms.forward.slope;
  for (std::int64_t row = 0; row < x.rows; ++row) {
    const std::int64_t first = row * x.channels;
#pragma GCC ivdep
    for (std::int64_t c = 0; c < x.channels; ++c) {
      const float value = static_cast<float>(x.values[first + c]);
      const bool passed = value * scale[c] + shift[c] > 0;
      const float g = leaky(static_cast<float>(dy[first + c]), passed, slope);
      const float x_hat = (value - terms.mean[c]) * terms.inverse_deviation[c];
      dx[first + c] = static_cast<T>(terms.inner[c] *
                                     (g - terms.mean_gradient[c] - x_hat * terms.mean_product[c]));
    }
  }
}

}  // namespace

void block_moments(VoxelRows<const float> x, float* mean, float* squares) {
  run_for_processor<moments<float>>(x, mean, squares);
}

void block_moments(VoxelRows<const c10::BFloat16> x, float* mean, float* squares) {
  run_for_processor<moments<c10::BFloat16>>(x, mean, squares);
}

void scale_and_activate(VoxelRows<const float> x, const ScaleShift& terms, float* y) {
  run_for_processor<activate<float>>(x, terms, y);
}

void scale_and_activate(VoxelRows<const c10::BFloat16> x, const ScaleShift& terms,
                        c10::BFloat16* y) {
  run_for_processor<activate<c10::BFloat16>>(x, terms, y);
}

void block_gradient_sums(VoxelRows<const float> x, const float* dy, const BackwardTerms& terms,
                         const GradientSums& sums) {
  run_for_processor<gradient_sums<float>>(x, dy, terms, sums);
}

void block_gradient_sums(VoxelRows<const c10::BFloat16> x, const c10::BFloat16* dy,
                         const BackwardTerms& terms, const GradientSums& sums) {
  run_for_processor<gradient_sums<c10::BFloat16>>(x, dy, terms, sums);
}

void input_gradient(VoxelRows<const float> x, const float* dy, const BackwardTerms& terms,
                    float* dx) {
  run_for_processor<gradient_of_input<float>>(x, dy, terms, dx);
}

void input_gradient(VoxelRows<const c10::BFloat16> x, const c10::BFloat16* dy,
                    const BackwardTerms& terms, c10::BFloat16* dx) {
  run_for_processor<gradient_of_input<c10::BFloat16>>(x, dy, terms, dx);
}

}  // namespace seg::net
