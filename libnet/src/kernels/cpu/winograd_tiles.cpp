#include "kernels/cpu/winograd_tiles.hpp"

#include <vector>

#include "kernels/cpu/for_processor.hpp"
#include "kernels/cpu/winograd_lines.hpp"

namespace seg::net {
namespace {

struct Tile {
  std::int64_t item, z, y, x;  ///< its first voxel

  Tile(const TileGrid& grid, std::int64_t index) {
    x = index % grid.tiles_wide() * 4;
    index /= grid.tiles_wide();
    y = index % grid.tiles_high() * 4;
    index /= grid.tiles_high();
    z = index % grid.tiles_deep() * grid.tile_depth;
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

// Values of a box from voxel to voxel, product to product: X, Y (rows of 6), Z (planes of 36).
constexpr std::int64_t row_size = 6, plane_size = 36;

/// The six voxels of a row, and a hint at the new ones of the next tile, which are too few for the
/// processor to foresee.
[[gnu::always_inline]] inline void load_row(const float* const* voxels, std::int64_t channel,
                                            std::int64_t next_tile, Lanes* row) {
#pragma GCC unroll 4
  for (std::int64_t i = 2; i < row_size; ++i) __builtin_prefetch(voxels[i] + channel + next_tile);
#pragma GCC unroll 6
  for (std::int64_t i = 0; i < row_size; ++i) load(voxels[i] + channel, row[i]);
}

template <std::int64_t depth>
[[gnu::always_inline]] inline void input_tiles(const TileGrid& grid, TileRange range,
                                               const ImagePart& x, Matrices<float> result) {
  constexpr std::int64_t planes = line_products(depth);
  const std::vector<float> zeros(static_cast<std::size_t>(x.channels));
  for (std::int64_t t = 0; t < range.count; ++t) {
    const float* voxels[planes * plane_size];
    find_voxels<planes, row_size>(grid, {grid, range.begin + t}, 1, x.values, x.channels,
                                  zeros.data(), voxels);
    for (std::int64_t c = 0; c < x.channels; c += lane_count) {
      Lanes box[planes * plane_size], line[row_size];
      for (std::int64_t z = 0; z < planes; ++z) {
        Lanes* plane = box + z * plane_size;
        for (std::int64_t i = 0; i < plane_size; i += row_size) {
          load_row(voxels + z * plane_size + i, c, 4 * x.channels, line);
          input_line<4>(line, plane + i, 1, 1);
        }
        for (std::int64_t i = 0; i < row_size; ++i)
          input_line<4>(plane + i, plane + i, row_size, row_size);
      }
      float* to = result.values + t * x.columns + c;
      for (std::int64_t i = 0; i < plane_size; ++i) {
        input_line<depth>(box + i, line, plane_size, 1);
#pragma GCC unroll 6
        for (std::int64_t z = 0; z < planes; ++z)
          store(line[z], to + (z * plane_size + i) * result.step);
      }
    }
  }
}

template <std::int64_t depth>
[[gnu::always_inline]] inline void output_tiles(const TileGrid& grid, TileRange range,
                                                Matrices<const float> products,
                                                std::int64_t channels, const float* bias,
                                                float* y) {
  constexpr std::int64_t planes = line_products(depth);
  for (std::int64_t t = 0; t < range.count; ++t) {
    float *voxels[depth * 16], *const beyond = nullptr;
    find_voxels<depth, 4>(grid, {grid, range.begin + t}, 0, y, channels, beyond, voxels);
    for (std::int64_t c = 0; c < channels; c += lane_count) {
      const float* from = products.values + t * channels + c;
      Lanes box[depth * plane_size], line[row_size], added;
      for (std::int64_t i = 0; i < plane_size; ++i) {
#pragma GCC unroll 6
        for (std::int64_t z = 0; z < planes; ++z)
          load(from + (z * plane_size + i) * products.step, line[z]);
        output_line<depth>(line, box + i, 1, plane_size);
      }
      load(bias + c, added);
      for (std::int64_t z = 0; z < depth; ++z) {
        Lanes* plane = box + z * plane_size;
        for (std::int64_t i = 0; i < row_size; ++i)
          output_line<4>(plane + i, plane + i, row_size, row_size);
        for (std::int64_t row = 0; row < 4; ++row) {
          output_line<4>(plane + row * row_size, line, 1, 1);
#pragma GCC unroll 4
          for (std::int64_t i = 0; i < 4; ++i)
            if (float* voxel = voxels[z * 16 + row * 4 + i]) store(line[i] + added, voxel + c);
        }
      }
    }
  }
}

template <std::int64_t depth>
[[gnu::always_inline]] inline void gradient_tiles(const TileGrid& grid, TileRange range,
                                                  const float* dy, std::int64_t channels,
                                                  Matrices<float> result) {
  constexpr std::int64_t planes = line_products(depth);
  const std::vector<float> zeros(static_cast<std::size_t>(channels));
  for (std::int64_t t = 0; t < range.count; ++t) {
    const float* voxels[depth * 16];
    find_voxels<depth, 4>(grid, {grid, range.begin + t}, 0, dy, channels, zeros.data(), voxels);
    for (std::int64_t c = 0; c < channels; c += lane_count) {
      Lanes box[depth * plane_size], line[row_size];
      for (std::int64_t z = 0; z < depth; ++z) {
        Lanes* plane = box + z * plane_size;
        for (std::int64_t row = 0; row < 4; ++row) {
#pragma GCC unroll 4
          for (std::int64_t i = 0; i < 4; ++i) load(voxels[z * 16 + row * 4 + i] + c, line[i]);
          gradient_line<4>(line, plane + row * row_size, 1, 1);
        }
        for (std::int64_t i = 0; i < row_size; ++i)
          gradient_line<4>(plane + i, plane + i, row_size, row_size);
      }
      float* to = result.values + t * channels + c;
      for (std::int64_t i = 0; i < plane_size; ++i) {
        gradient_line<depth>(box + i, line, plane_size, 1);
#pragma GCC unroll 6
        for (std::int64_t z = 0; z < planes; ++z)
          store(line[z], to + (z * plane_size + i) * result.step);
      }
    }
  }
}

[[gnu::always_inline]] inline void input_of_depth(const TileGrid& grid, TileRange range,
                                                  const ImagePart& x, Matrices<float> result) {
  if (grid.tile_depth == 1) return input_tiles<1>(grid, range, x, result);
  if (grid.tile_depth == 2) return input_tiles<2>(grid, range, x, result);
  return input_tiles<4>(grid, range, x, result);
}

[[gnu::always_inline]] inline void output_of_depth(const TileGrid& grid, TileRange range,
                                                   Matrices<const float> products,
                                                   std::int64_t channels, const float* bias,
                                                   float* y) {
  if (grid.tile_depth == 1) return output_tiles<1>(grid, range, products, channels, bias, y);
  if (grid.tile_depth == 2) return output_tiles<2>(grid, range, products, channels, bias, y);
  return output_tiles<4>(grid, range, products, channels, bias, y);
}

[[gnu::always_inline]] inline void gradient_of_depth(const TileGrid& grid, TileRange range,
                                                     const float* dy, std::int64_t channels,
                                                     Matrices<float> result) {
  if (grid.tile_depth == 1) return gradient_tiles<1>(grid, range, dy, channels, result);
  gradient_tiles<2>(grid, range, dy, channels, result);
}

}  // namespace

void transform_input(const TileGrid& grid, TileRange range, const ImagePart& x,
                     Matrices<float> result) {
  run_for_processor<input_of_depth>(grid, range, x, result);
}

void transform_output(const TileGrid& grid, TileRange range, Matrices<const float> products,
                      std::int64_t channels, const float* bias, float* y) {
  run_for_processor<output_of_depth>(grid, range, products, channels, bias, y);
}

void transform_gradient(const TileGrid& grid, TileRange range, const float* dy,
                        std::int64_t channels, Matrices<float> result) {
  run_for_processor<gradient_of_depth>(grid, range, dy, channels, result);
}

}  // namespace seg::net
