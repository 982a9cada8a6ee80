#include "blocks/winograd_tiles.hpp"

#include <cstring>
#include <vector>

namespace seg::net {
namespace {

using Lanes [[gnu::vector_size(channels_at_once * sizeof(float))]] = float;

[[gnu::always_inline]] inline void load(const float* from, Lanes& lanes) {
  std::memcpy(&lanes, from, sizeof lanes);
}

[[gnu::always_inline]] inline void store(const Lanes& lanes, float* to) {
  std::memcpy(to, &lanes, sizeof lanes);
}

struct Tile {
  std::int64_t item, z, y, x;  ///< its first voxel

  Tile(const TileGrid& grid, std::int64_t index) {
    x = index % grid.tiles_wide() * 2;
    index /= grid.tiles_wide();
    y = index % grid.tiles_high() * 2;
    index /= grid.tiles_high();
    z = index % grid.tiles_deep() * (grid.deep ? 2 : 1);
    item = index / grid.tiles_deep();
  }
};

/// Where the voxels of a box lie that starts at a tile (plus `margin` before it along the kernel's
/// axes), `beyond` for those outside the image.
template <std::int64_t deep, std::int64_t wide, typename T>
[[gnu::always_inline]] inline void find_voxels(const TileGrid& grid, const Tile& tile,
                                               std::int64_t margin, T* data, std::int64_t channels,
                                               T* beyond, T* (&voxels)[deep * wide * wide]) {
  const auto inside = [](std::int64_t place, std::int64_t length) {
    return place >= 0 && place < length;
  };
  T** voxel = voxels;
  for (std::int64_t z = tile.z - (deep > 1 ? margin : 0), k = 0; k < deep; ++k, ++z) {
    for (std::int64_t y = tile.y - margin, j = 0; j < wide; ++j, ++y) {
      const bool has_row = inside(z, grid.depth) && inside(y, grid.height);
      const std::int64_t row = ((tile.item * grid.depth + z) * grid.height + y) * grid.width;
      for (std::int64_t x = tile.x - margin, i = 0; i < wide; ++i, ++x)
        *voxel++ = has_row && inside(x, grid.width) ? data + (row + x) * channels : beyond;
    }
  }
}

// The three transforms of a line, whose values are `from_step` and then `to_step` apart.

[[gnu::always_inline]] inline void input_line(const Lanes* d, Lanes* to, std::int64_t from_step,
                                              std::int64_t to_step) {
  const Lanes d0 = d[0], d1 = d[from_step], d2 = d[2 * from_step], d3 = d[3 * from_step];
  to[0] = d0 - d2;
  to[to_step] = d1 + d2;
  to[2 * to_step] = d2 - d1;
  to[3 * to_step] = d1 - d3;
}

[[gnu::always_inline]] inline void output_line(const Lanes* m, Lanes* to, std::int64_t from_step,
                                               std::int64_t to_step) {
  const Lanes m0 = m[0], m1 = m[from_step], m2 = m[2 * from_step], m3 = m[3 * from_step];
  to[0] = m0 + m1 + m2;
  to[to_step] = m1 - m2 - m3;
}

[[gnu::always_inline]] inline void gradient_line(const Lanes* g, Lanes* to, std::int64_t from_step,
                                                 std::int64_t to_step) {
  const Lanes g0 = g[0], g1 = g[from_step];
  to[0] = g0;
  to[to_step] = g0 + g1;
  to[2 * to_step] = g0 - g1;
  to[3 * to_step] = -g1;
}

/// A plane [4, 4] of the input, unrolled so that it stays in registers. `next`: from a voxel to its
/// counterpart in the next tile, of which two columns are new; too few for the processor to
/// foresee.
[[gnu::always_inline]] inline void input_plane(const float* const* voxels, std::int64_t channel,
                                               std::int64_t next, Lanes* to) {
  Lanes plane[16];
#pragma GCC unroll 4
  for (std::int64_t row = 0; row < 16; row += 4) {
    __builtin_prefetch(voxels[row + 2] + channel + next);
    __builtin_prefetch(voxels[row + 3] + channel + next);
  }
#pragma GCC unroll 16
  for (std::int64_t i = 0; i < 16; ++i) load(voxels[i] + channel, plane[i]);
#pragma GCC unroll 4
  for (std::int64_t i = 0; i < 4; ++i) input_line(plane + i, plane + i, 4, 4);
#pragma GCC unroll 4
  for (std::int64_t i = 0; i < 16; i += 4) input_line(plane + i, to + i, 1, 1);
}

template <bool deep>
[[gnu::always_inline]] inline void input_tiles(const TileGrid& grid, TileRange range,
                                               const float* x, std::int64_t channels,
                                               TileMatrices result) {
  constexpr std::int64_t planes = deep ? 4 : 1;
  const std::vector<float> zeros(static_cast<std::size_t>(channels));
  for (std::int64_t t = 0; t < range.count; ++t) {
    const float* voxels[planes * 16];
    find_voxels<planes, 4>(grid, {grid, range.begin + t}, 1, x, channels, zeros.data(), voxels);
    for (std::int64_t c = 0; c < channels; c += channels_at_once) {
      float* to = result.values + t * channels + c;
      Lanes box[planes * 16];
      for (std::int64_t z = 0; z < planes; ++z) {
        input_plane(voxels + z * 16, c, 2 * channels, box + z * 16);
      }
      for (std::int64_t i = 0; i < 16; ++i) {
        Lanes line[4] = {box[i]};
        if constexpr (deep) input_line(box + i, line, 16, 1);
#pragma GCC unroll 4
        for (std::int64_t z = 0; z < planes; ++z) store(line[z], to + (z * 16 + i) * result.stride);
      }
    }
  }
}

template <bool deep>
[[gnu::always_inline]] inline void output_tiles(const TileGrid& grid, TileRange range,
                                                TileMatrices products, std::int64_t channels,
                                                const float* bias, float* y) {
  constexpr std::int64_t planes = deep ? 4 : 1, results = deep ? 2 : 1;
  for (std::int64_t t = 0; t < range.count; ++t) {
    float *voxels[results * 4], *const beyond = nullptr;
    find_voxels<results, 2>(grid, {grid, range.begin + t}, 0, y, channels, beyond, voxels);
    for (std::int64_t c = 0; c < channels; c += channels_at_once) {
      const float* from = products.values + t * channels + c;
      Lanes box[results * 16], line[4];
      for (std::int64_t i = 0; i < 16; ++i) {
#pragma GCC unroll 4
        for (std::int64_t z = 0; z < planes; ++z)
          load(from + (z * 16 + i) * products.stride, line[z]);
        if constexpr (deep)
          output_line(line, box + i, 1, 16);
        else
          box[i] = line[0];
      }
      Lanes added;
      load(bias + c, added);
      for (std::int64_t z = 0; z < results; ++z) {
        for (std::int64_t i = 0; i < 4; ++i) output_line(box + z * 16 + i, box + z * 16 + i, 4, 4);
        for (std::int64_t row = 0; row < 2; ++row) {
          output_line(box + z * 16 + row * 4, line, 1, 1);
#pragma GCC unroll 2
          for (std::int64_t i = 0; i < 2; ++i)
            if (float* voxel = voxels[z * 4 + row * 2 + i]) store(line[i] + added, voxel + c);
        }
      }
    }
  }
}

template <bool deep>
[[gnu::always_inline]] inline void gradient_tiles(const TileGrid& grid, TileRange range,
                                                  const float* dy, std::int64_t channels,
                                                  TileMatrices result) {
  constexpr std::int64_t planes = deep ? 4 : 1, given = deep ? 2 : 1;
  const std::vector<float> zeros(static_cast<std::size_t>(channels));
  for (std::int64_t t = 0; t < range.count; ++t) {
    const float* voxels[given * 4];
    find_voxels<given, 2>(grid, {grid, range.begin + t}, 0, dy, channels, zeros.data(), voxels);
    for (std::int64_t c = 0; c < channels; c += channels_at_once) {
      Lanes box[given * 16], line[4];
      for (std::int64_t i = 0; i < given * 4; ++i)
        load(voxels[i] + c, box[i / 4 * 16 + i / 2 % 2 * 4 + i % 2]);
      for (std::int64_t z = 0; z < given; ++z) {
        Lanes* plane = box + z * 16;
        for (std::int64_t i = 0; i < 2; ++i) gradient_line(plane + i, plane + i, 4, 4);
        for (std::int64_t i = 0; i < 4; ++i) gradient_line(plane + i * 4, plane + i * 4, 1, 1);
      }
      float* to = result.values + t * channels + c;
      for (std::int64_t i = 0; i < 16; ++i) {
        line[0] = box[i];
        if constexpr (deep) gradient_line(box + i, line, 16, 1);
#pragma GCC unroll 4
        for (std::int64_t z = 0; z < planes; ++z) store(line[z], to + (z * 16 + i) * result.stride);
      }
    }
  }
}

}  // namespace

[[gnu::target_clones("avx512f", "avx2", "default")]] void transform_input(const TileGrid& grid,
                                                                          TileRange range,
                                                                          const float* x,
                                                                          std::int64_t channels,
                                                                          TileMatrices result) {
  if (grid.deep)
    input_tiles<true>(grid, range, x, channels, result);
  else
    input_tiles<false>(grid, range, x, channels, result);
}

[[gnu::target_clones("avx512f", "avx2", "default")]] void transform_output(
    const TileGrid& grid, TileRange range, TileMatrices products, std::int64_t channels,
    const float* bias, float* y) {
  if (grid.deep)
    output_tiles<true>(grid, range, products, channels, bias, y);
  else
    output_tiles<false>(grid, range, products, channels, bias, y);
}

[[gnu::target_clones("avx512f", "avx2", "default")]] void transform_gradient(const TileGrid& grid,
                                                                             TileRange range,
                                                                             const float* dy,
                                                                             std::int64_t channels,
                                                                             TileMatrices result) {
  if (grid.deep)
    gradient_tiles<true>(grid, range, dy, channels, result);
  else
    gradient_tiles<false>(grid, range, dy, channels, result);
}

}  // namespace seg::net
