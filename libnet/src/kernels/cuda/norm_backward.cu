#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include "kernels/cuda/norm_blocks.cuh"

namespace seg::net {
namespace {

/// The terms of a thread's channels, for the way back.
template <int N>
struct OwnTerms {
  float mean[N], inverse[N], scale[N], shift[N], slope;

  __device__ OwnTerms(const NormTermArrays& terms, std::int64_t place, float slope_below)
      : slope(slope_below) {
    for (int i = 0; i < N; ++i) {
      mean[i] = terms.mean[place + i];
      inverse[i] = terms.inverse_deviation[place + i];
      scale[i] = terms.scale[place + i];
      shift[i] = terms.shift[place + i];
    }
  }
  /// The gradient before the leaky ReLU.
  __device__ float before_activation(float x, float dy, int i) const {
    return x * scale[i] + shift[i] > 0 ? dy : dy * slope;
  }
  __device__ float normal(float x, int i) const { return (x - mean[i]) * inverse[i]; }
};

/// Sums over the voxels of each block of the gradient before the leaky ReLU and of its product with
/// the normalised value.
template <typename T, int N>
__global__ void gradient_sums(const T* x, const T* dy, NormShape shape, Division division,
                              std::int64_t block_rows, NormTermArrays terms, float slope,
                              float* sums) {
  const Share<N> share(shape, division, block_rows);
  const std::int64_t channels = shape.channels;
  const OwnTerms<N> own(terms, blockIdx.z * channels + share.channel, slope);
  float gradient[N] = {}, product[N] = {};
  for (std::int64_t voxel = share.first; voxel < share.end; voxel += share.step) {
    const auto values = load<T, N>(x, voxel, channels, share.channel);
    const auto gradients = load<T, N>(dy, voxel, channels, share.channel);
    for (int i = 0; i < N; ++i) {
      const float value = static_cast<float>(values.values[i]);
      const float g = own.before_activation(value, static_cast<float>(gradients.values[i]), i);
      gradient[i] += g;
      product[i] += g * own.normal(value, i);
    }
  }
  const std::int64_t group = static_cast<std::int64_t>(blockIdx.y) * division.lanes * N;
  float* out = sums + place_of_sums(blockIdx.z, blockIdx.x, gridDim.x, channels) + group;
  sum_over_rows<N>(gradient, product, division, [&](int c, float first, float second) {
    out[c] = first;
    out[channels + c] = second;
  });
}

/// Means [2, samples, channels] over the voxels of each sample, and the parameters' gradients.
__global__ void gradient_means(const float* sums, NormShape shape, std::int64_t blocks,
                               float* means, float* weight, float* bias) {
  const std::int64_t channel = blockIdx.x * kPartChannels + threadIdx.x;
  const bool inside = channel < shape.channels;
  double totals[2] = {0, 0};
  for (std::int64_t sample = 0; sample < shape.samples; ++sample) {
    const float* own = sums + place_of_sums(sample, 0, blocks, shape.channels) + channel;
    for (int part = 0; part < 2; ++part) {
      double sum = 0;
      for (std::int64_t block = threadIdx.y; inside && block < blocks; block += kParts)
        sum += own[(2 * block + part) * shape.channels];
      sum = sum_over_parts(sum);
      totals[part] += sum;
      if (inside && threadIdx.y == 0)
        means[(part * shape.samples + sample) * shape.channels + channel] =
            static_cast<float>(sum / static_cast<double>(shape.voxels));
    }
  }
  if (!inside || threadIdx.y > 0) return;
  bias[channel] = static_cast<float>(totals[0]);
  weight[channel] = static_cast<float>(totals[1]);
}

template <typename T, int N>
__global__ void input_gradient(const T* x, const T* dy, NormShape shape, Division division,
                               std::int64_t block_rows, NormTermArrays terms, float slope,
                               const float* means, T* dx) {
  const Share<N> share(shape, division, block_rows);
  const std::int64_t channels = shape.channels;
  const std::int64_t place = blockIdx.z * channels + share.channel;
  const OwnTerms<N> own(terms, place, slope);
  float mean_gradient[N], mean_product[N];
  for (int i = 0; i < N; ++i) {
    mean_gradient[i] = means[place + i];
    mean_product[i] = means[shape.samples * channels + place + i];
  }
  for (std::int64_t voxel = share.first; voxel < share.end; voxel += share.step) {
    auto values = load<T, N>(x, voxel, channels, share.channel);
    const auto gradients = load<T, N>(dy, voxel, channels, share.channel);
    for (int i = 0; i < N; ++i) {
      const float value = static_cast<float>(values.values[i]);
      const float g = own.before_activation(value, static_cast<float>(gradients.values[i]), i);
      values.values[i] = static_cast<T>(
          own.scale[i] * (g - mean_gradient[i] - own.normal(value, i) * mean_product[i]));
    }
    store<T, N>(dx, voxel, channels, share.channel, values);
  }
}

}  // namespace

template <typename T>
void norm_gradients(const NormGradients<T>& gradients, const NormShape& shape,
                    const NormTermArrays& terms, float slope, float* sums, cudaStream_t stream) {
  with_pack_size<T>(shape, [&](auto pack) {
    const Division division = division_of<pack.value>(shape);
    const dim3 grid = grid_of(shape, division);
    gradient_sums<T, pack.value><<<grid, kThreads, 0, stream>>>(
        gradients.x, gradients.dy, shape, division, shape.block_rows(), terms, slope, sums);
    gradient_means<<<channel_blocks(shape), dim3{kPartChannels, kParts}, 0, stream>>>(
        sums, shape, shape.blocks(), gradients.means, gradients.weight, gradients.bias);
    input_gradient<T, pack.value><<<grid, kThreads, 0, stream>>>(
        gradients.x, gradients.dy, shape, division, shape.block_rows(), terms, slope,
        gradients.means, gradients.dx);
  });
}

template void norm_gradients(const NormGradients<float>&, const NormShape&, const NormTermArrays&,
                             float, float*, cudaStream_t);
template void norm_gradients(const NormGradients<c10::Half>&, const NormShape&,
                             const NormTermArrays&, float, float*, cudaStream_t);
template void norm_gradients(const NormGradients<c10::BFloat16>&, const NormShape&,
                             const NormTermArrays&, float, float*, cudaStream_t);

}  // namespace seg::net
