#pragma once

#include <algorithm>
#include <type_traits>

#include "kernels/cuda/norm_kernels.hpp"

// What the kernels of both ways share: who reads what, and sums in a fixed order.

namespace seg::net {

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
inline __device__ std::int64_t place_of_sums(std::int64_t sample, std::int64_t block,
                                             std::int64_t blocks, std::int64_t channels) {
  return (sample * blocks + block) * 2 * channels;
}

/// Sum over a block's parts, in their order; every thread gets it.
inline __device__ double sum_over_parts(double value) {
  __shared__ double shared[kParts][kPartChannels];
  __syncthreads();
  shared[threadIdx.y][threadIdx.x] = value;
  __syncthreads();
  double sum = 0;
  for (unsigned part = 0; part < kParts; ++part) sum += shared[part][threadIdx.x];
  return sum;
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

inline dim3 grid_of(const NormShape& shape, const Division& division) {
  return {static_cast<unsigned>(shape.blocks()), division.groups,
          static_cast<unsigned>(shape.samples)};
}

inline unsigned channel_blocks(const NormShape& shape) {
  return static_cast<unsigned>((shape.channels + kPartChannels - 1) / kPartChannels);
}

}  // namespace seg::net
