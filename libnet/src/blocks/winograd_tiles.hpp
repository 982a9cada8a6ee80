#pragma once

#include <cstdint>

namespace seg::net {

/// A batch [B, Z, Y, X, C] in memory, cut into tiles of 2 voxels along each axis of the kernel
/// (3 voxels long; of one voxel along Z if it is not `deep`). Tiles at the end may stick out.
struct TileGrid {
  std::int64_t items, depth, height, width;
  bool deep;  ///< the kernel is 3 x 3 x 3, not 1 x 3 x 3

  std::int64_t tiles_deep() const { return deep ? (depth + 1) / 2 : depth; }
  std::int64_t tiles_high() const { return (height + 1) / 2; }
  std::int64_t tiles_wide() const { return (width + 1) / 2; }
  std::int64_t tiles() const { return items * tiles_deep() * tiles_high() * tiles_wide(); }
  /// Products that a tile takes for each pair of channels: 4 along each axis of the kernel.
  std::int64_t products() const { return deep ? 64 : 16; }
};

/// Consecutive tiles: X first, then Y, Z, items.
struct TileRange {
  std::int64_t begin, count;
};

/// [products, tiles, C], where the matrices of a product are `stride` floats apart.
struct TileMatrices {
  float* values;
  std::int64_t stride;
};

/// Channels are transformed so many at a time; their number must be a multiple.
inline constexpr std::int64_t channels_at_once = 8;

// Winograd's F(2, 3) along each axis of the kernel (Lavin & Gray 2016, section 4.1). Beyond the
// image everything is zero.

/// B'd: what surrounds each tile (4 voxels an axis, from one before the tile), to be multiplied
/// with transformed weights. @param x [B, Z, Y, X, channels].
void transform_input(const TileGrid& grid, TileRange range, const float* x, std::int64_t channels,
                     TileMatrices result);

/// A'm, plus a bias per channel: from products to the tiles' voxels.
/// @param y [B, Z, Y, X, channels].
void transform_output(const TileGrid& grid, TileRange range, TileMatrices products,
                      std::int64_t channels, const float* bias, float* y);

/// A dy: the gradient of the products. @param dy [B, Z, Y, X, channels].
void transform_gradient(const TileGrid& grid, TileRange range, const float* dy,
                        std::int64_t channels, TileMatrices result);

}  // namespace seg::net
