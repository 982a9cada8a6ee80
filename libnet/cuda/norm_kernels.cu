#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include <algorithm>

#include "norm_kernels.hpp"

namespace seg::net {
namespace {

constexpr int kThreads = 256;
constexpr int kLargestLanes = 64;
constexpr std::int64_t kSmallestBlock = 256;  // voxels
constexpr std::int64_t kLargestGrid = 1024;   // blocks of a batch
constexpr unsigned kPartChannels = 32, kParts = 8;

/// N channels of a voxel, read at once.
template <typename T, int N>
struct alignas(sizeof(T) * N) Pack {
  T values[N];
};

/// How the threads of a block share its voxels: `lanes` neighbours read the channels of one voxel.
struct Division {
  int lanes, rows;
  unsigned groups;  // of lanes, in the grid's second axis
};

template <int N>
Division division_of(const NormShape& shape) {
  const int packs = static_cast<int>(shape.channels / N);
  int lanes = std::min(packs, kLargestLanes);
  while (packs % lanes != 0) --lanes;
  return {lanes, kThreads / lanes, static_cast<unsigned>(packs / lanes)};
}

/// The voxels and channels of one thread. Voxels are counted over the whole batch.
template <int N>
struct Share {
  std::int64_t channel, first, end, step;
  int lane, row;

  __device__ Share(const NormShape& shape, const Division& division, std::int64_t block_rows) {
    lane = static_cast<int>(threadIdx.x) % division.lanes;
    row = static_cast<int>(threadIdx.x) / division.lanes;
    channel = (static_cast<std::int64_t>(blockIdx.y) * division.lanes + lane) * N;
    step = division.rows;
    const std::int64_t sample = static_cast<std::int64_t>(blockIdx.z) * shape.voxels;
    const std::int64_t begin = static_cast<std::int64_t>(blockIdx.x) * block_rows;
    const std::int64_t stop = begin + block_rows < shape.voxels ? begin + block_rows : shape.voxels;
    first = row < division.rows ? sample + begin + row : sample + stop;
    end = sample + stop;
  }
};

template <typename T, int N>
__device__ Pack<T, N> load(const T* values, std::int64_t voxel, std::int64_t channels,
                           std::int64_t channel) {
  return *reinterpret_cast<const Pack<T, N>*>(values + voxel * channels + channel);
}

template <typename T, int N>
__device__ void store(T* values, std::int64_t voxel, std::int64_t channels, std::int64_t channel,
                      const Pack<T, N>& pack) {
  *reinterpret_cast<Pack<T, N>*>(values + voxel * channels + channel) = pack;
}

/// Adds up two numbers per channel over the rows of a block, in their order, and hands the sums to
/// `finish(channel within the group, first, second)`.
template <int N, typename Finish>
__device__ void sum_over_rows(const float (&first)[N], const float (&second)[N],
                              const Division& division, const Finish& finish) {
  __shared__ float shared[2][kThreads * N];
  const int width = division.lanes * N;
  for (int i = 0; i < N; ++i) {
    shared[0][threadIdx.x * N + i] = first[i];
    shared[1][threadIdx.x * N + i] = second[i];
  }
  __syncthreads();
  for (int c = static_cast<int>(threadIdx.x); c < width; c += kThreads) {
    float sums[2] = {0, 0};
    for (int row = 0; row < division.rows; ++row)
      for (int part = 0; part < 2; ++part) sums[part] += shared[part][row * width + c];
    finish(c, sums[0], sums[1]);
  }
}

/// Where a block's two numbers of a channel lie in [samples, blocks, 2, channels].
__device__ std::int64_t place_of_sums(std::int64_t sample, std::int64_t block, std::int64_t blocks,
                                      std::int64_t channels) {
  return (sample * blocks + block) * 2 * channels;
}

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

/// Sum over a block's parts, in their order; every thread gets it.
__device__ double sum_over_parts(double value) {
  __shared__ double shared[kParts][kPartChannels];
  __syncthreads();
  shared[threadIdx.y][threadIdx.x] = value;
  __syncthreads();
  double sum = 0;
  for (unsigned part = 0; part < kParts; ++part) sum += shared[part][threadIdx.x];
  return sum;
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

/// Calls `run(N)` with the number of channels that are read at once, as a constant.
template <typename T, typename Run>
void with_pack_size(const NormShape& shape, const Run& run) {
  constexpr int full = 16 / sizeof(T);
  if (shape.channels % full == 0)
    run(std::integral_constant<int, full>{});
  else
    run(std::integral_constant<int, 1>{});
}

dim3 grid_of(const NormShape& shape, const Division& division) {
  return {static_cast<unsigned>(shape.blocks()), division.groups,
          static_cast<unsigned>(shape.samples)};
}

unsigned channel_blocks(const NormShape& shape) {
  return static_cast<unsigned>((shape.channels + kPartChannels - 1) / kPartChannels);
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

template void norm_terms(const float*, const NormShape&, const NormParameters&, double, float*,
                         const NormTermArrays&, cudaStream_t);
template void norm_activate(const float*, const NormShape&, const NormTermArrays&, float, float*,
                            cudaStream_t);
template void norm_gradients(const NormGradients<float>&, const NormShape&, const NormTermArrays&,
                             float, float*, cudaStream_t);
template void norm_terms(const c10::Half*, const NormShape&, const NormParameters&, double, float*,
                         const NormTermArrays&, cudaStream_t);
template void norm_activate(const c10::Half*, const NormShape&, const NormTermArrays&, float,
                            c10::Half*, cudaStream_t);
template void norm_gradients(const NormGradients<c10::Half>&, const NormShape&,
                             const NormTermArrays&, float, float*, cudaStream_t);
template void norm_terms(const c10::BFloat16*, const NormShape&, const NormParameters&, double,
                         float*, const NormTermArrays&, cudaStream_t);
template void norm_activate(const c10::BFloat16*, const NormShape&, const NormTermArrays&, float,
                            c10::BFloat16*, cudaStream_t);
template void norm_gradients(const NormGradients<c10::BFloat16>&, const NormShape&,
                             const NormTermArrays&, float, float*, cudaStream_t);

}  // namespace seg::net
