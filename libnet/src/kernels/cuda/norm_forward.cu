#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include "kernels/cuda/norm_blocks.cuh"

namespace seg::net {
namespace {

/// Mean and sum of squared deviations of each channel in each block.
template <typename T, int N>
__global__ void moments_of_blocks(const T* x, NormShape shape, Division division,
                                  std::int64_t block_rows, float* sums) {
  const Share<N> share(shape, division, block_rows);
  const std::int64_t channels = shape.channels, begin = share.first - share.row;
  float sum[N] = {}, squares[N] = {};
  if (share.first < share.end) {
    // Distances from the block's first voxel keep sums of squares small.
    const auto origin = load<T, N>(x, begin, channels, share.channel);
    for (std::int64_t voxel = share.first; voxel < share.end; voxel += share.step) {
      const auto pack = load<T, N>(x, voxel, channels, share.channel);
      for (int i = 0; i < N; ++i) {
        const float d = static_cast<float>(pack.values[i]) - static_cast<float>(origin.values[i]);
        sum[i] += d;
        squares[i] += d * d;
      }
    }
  }
  const std::int64_t sample = blockIdx.z, block = blockIdx.x;
  const std::int64_t start = sample * shape.voxels + block * block_rows;
  const std::int64_t rows = block_rows < shape.voxels - block * block_rows
                                ? block_rows
                                : shape.voxels - block * block_rows;
  const std::int64_t group = static_cast<std::int64_t>(blockIdx.y) * division.lanes * N;
  float* out = sums + place_of_sums(sample, block, gridDim.x, channels) + group;
  sum_over_rows<N>(sum, squares, division, [&](int c, float total, float total_squares) {
    const float count = static_cast<float>(rows);
    out[c] = static_cast<float>(x[start * channels + group + c]) + total / count;
    const float rest = total_squares - total * total / count;
    out[channels + c] = rest > 0 ? rest : 0;
  });
}

/// Squares within the blocks and between them (Chan, Golub & LeVeque 1979).
__global__ void terms_of_samples(const float* sums, NormShape shape, std::int64_t blocks,
                                 std::int64_t block_rows, NormParameters parameters, double eps,
                                 NormTermArrays terms) {
  const std::int64_t channel = blockIdx.x * kPartChannels + threadIdx.x, sample = blockIdx.y;
  const bool inside = channel < shape.channels;
  const auto rows_of = [&](std::int64_t block) {
    const std::int64_t left = shape.voxels - block * block_rows;
    return static_cast<double>(block_rows < left ? block_rows : left);
  };
  const float* own = sums + place_of_sums(sample, 0, blocks, shape.channels) + channel;
  const std::int64_t stride = 2 * shape.channels;
  double sum = 0, squares = 0;
  for (std::int64_t block = threadIdx.y; inside && block < blocks; block += kParts)
    sum += rows_of(block) * own[block * stride];
  const double count = static_cast<double>(shape.voxels), mean = sum_over_parts(sum) / count;
  for (std::int64_t block = threadIdx.y; inside && block < blocks; block += kParts) {
    const double distance = own[block * stride] - mean;
    squares += own[block * stride + shape.channels] + rows_of(block) * distance * distance;
  }
  squares = sum_over_parts(squares);
  if (!inside || threadIdx.y > 0) return;
  const std::int64_t place = sample * shape.channels + channel;
  const float inverse = static_cast<float>(1 / sqrt(squares / count + eps));
  const float scale = inverse * parameters.weight[channel];
  terms.mean[place] = static_cast<float>(mean);
  terms.inverse_deviation[place] = inverse;
  terms.scale[place] = scale;
  terms.shift[place] = parameters.bias[channel] - static_cast<float>(mean) * scale;
}

template <typename T, int N>
__global__ void activate(const T* x, NormShape shape, Division division, std::int64_t block_rows,
                         NormTermArrays terms, float slope, T* y) {
  const Share<N> share(shape, division, block_rows);
  const std::int64_t place = blockIdx.z * shape.channels + share.channel;
  float scale[N], shift[N];
  for (int i = 0; i < N; ++i) {
    scale[i] = terms.scale[place + i];
    shift[i] = terms.shift[place + i];
  }
  for (std::int64_t voxel = share.first; voxel < share.end; voxel += share.step) {
    auto pack = load<T, N>(x, voxel, shape.channels, share.channel);
    for (int i = 0; i < N; ++i) {
      const float z = static_cast<float>(pack.values[i]) * scale[i] + shift[i];
      pack.values[i] = static_cast<T>(z > 0 ? z : z * slope);
    }
    store<T, N>(y, voxel, shape.channels, share.channel, pack);
  }
}

}  // namespace

std::int64_t NormShape::blocks() const {
  const std::int64_t wanted = (voxels + kSmallestBlock - 1) / kSmallestBlock;
  const std::int64_t count =
      std::clamp<std::int64_t>(wanted, 1, std::max<std::int64_t>(1, kLargestGrid / samples));
  const std::int64_t rows = (voxels + count - 1) / count;
  return (voxels + rows - 1) / rows;  // none is empty
}

template <typename T>
void norm_terms(const T* x, const NormShape& shape, const NormParameters& parameters, double eps,
                float* sums, const NormTermArrays& terms, cudaStream_t stream) {
  with_pack_size<T>(shape, [&](auto pack) {
    const Division division = division_of<pack.value>(shape);
    moments_of_blocks<T, pack.value><<<grid_of(shape, division), kThreads, 0, stream>>>(
        x, shape, division, shape.block_rows(), sums);
  });
  const dim3 grid{channel_blocks(shape), static_cast<unsigned>(shape.samples)};
  terms_of_samples<<<grid, dim3{kPartChannels, kParts}, 0, stream>>>(
      sums, shape, shape.blocks(), shape.block_rows(), parameters, eps, terms);
}

template <typename T>
void norm_activate(const T* x, const NormShape& shape, const NormTermArrays& terms, float slope,
                   T* y, cudaStream_t stream) {
  with_pack_size<T>(shape, [&](auto pack) {
    const Division division = division_of<pack.value>(shape);
    activate<T, pack.value><<<grid_of(shape, division), kThreads, 0, stream>>>(
        x, shape, division, shape.block_rows(), terms, slope, y);
  });
}

template void norm_terms(const float*, const NormShape&, const NormParameters&, double, float*,
                         const NormTermArrays&, cudaStream_t);
template void norm_activate(const float*, const NormShape&, const NormTermArrays&, float, float*,
                            cudaStream_t);
template void norm_terms(const c10::Half*, const NormShape&, const NormParameters&, double, float*,
                         const NormTermArrays&, cudaStream_t);
template void norm_activate(const c10::Half*, const NormShape&, const NormTermArrays&, float,
                            c10::Half*, cudaStream_t);
template void norm_terms(const c10::BFloat16*, const NormShape&, const NormParameters&, double,
                         float*, const NormTermArrays&, cudaStream_t);
template void norm_activate(const c10::BFloat16*, const NormShape&, const NormTermArrays&, float,
                            c10::BFloat16*, cudaStream_t);

}  // namespace seg::net
