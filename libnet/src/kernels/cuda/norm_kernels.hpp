#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace seg::net {

/// A batch in a GPU's memory, [samples, voxels, channels].
struct NormShape {
  std::int64_t samples, voxels, channels;

  /// Sums are made in blocks of voxels, as many for each sample. They depend on the shape alone, so
  /// that every GPU adds in the same order.
  std::int64_t blocks() const;
  std::int64_t block_rows() const { return (voxels + blocks() - 1) / blocks(); }
  std::int64_t values() const { return samples * channels; }
};

/// What the norm needs of each sample and channel, float32 [samples, channels] one after the other:
/// y = leaky(x * scale + shift).
struct NormTermArrays {
  float *mean, *inverse_deviation, *scale, *shift;
};

/// Scale and shift of each channel, float32 [channels].
struct NormParameters {
  const float *weight, *bias;
};

// Kernels for float, c10::Half and c10::BFloat16. `sums` is scratch memory for
// samples * blocks() * 2 * channels numbers.

template <typename T>
void norm_terms(const T* x, const NormShape& shape, const NormParameters& parameters, double eps,
                float* sums, const NormTermArrays& terms, cudaStream_t stream);

template <typename T>
void norm_activate(const T* x, const NormShape& shape, const NormTermArrays& terms, float slope,
                   T* y, cudaStream_t stream);

/// Gradients, of a batch x that came out as y, from dy.
template <typename T>
struct NormGradients {
  const T *x, *dy;
  T* dx;
  float *weight, *bias;  ///< [channels]
  float* means;          ///< scratch memory, [2, samples, channels]
};

template <typename T>
void norm_gradients(const NormGradients<T>& gradients, const NormShape& shape,
                    const NormTermArrays& terms, float slope, float* sums, cudaStream_t stream);

}  // namespace seg::net
