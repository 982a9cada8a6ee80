#pragma once

#include <cstdint>

#include "kernels/cpu/small_products.hpp"

namespace seg::net {

/// A batch [B, Z, Y, X, C] in memory, cut into tiles of `tile_depth` x 4 x 4 voxels. Tiles at the
/// end may stick out.
struct TileGrid {
  std::int64_t items, depth, height, width;
  std::int64_t tile_depth;  ///< 1 for kernels 1 x 3 x 3, 2 or 4 for 3 x 3 x 3

  std::int64_t tiles_deep() const { return (depth + tile_depth - 1) / tile_depth; }
  std::int64_t tiles_high() const { return (height + 3) / 4; }
  std::int64_t tiles_wide() const { return (width + 3) / 4; }
  std::int64_t tiles() const { return items * tiles_deep() * tiles_high() * tiles_wide(); }
  std::int64_t voxels_in_tile() const { return tile_depth * 16; }
  /// Products that a tile takes for each pair of channels: 6 along Y and X; 1, 4 or 6 along Z.
  std::int64_t products() const { return tile_depth == 1 ? 36 : (tile_depth + 2) * 36; }
};

/// Consecutive tiles: X first, then Y, Z, items.
struct TileRange {
  std::int64_t begin, count;
};

/// Some of an image's channels, [B, Z, Y, X, channels], for the first of a matrix's columns.
struct ImagePart {
  const float* values;
  std::int64_t channels;
  std::int64_t columns;  ///< of the matrices: the channels of all parts
};

// The transforms of winograd_lines.hpp along each axis. Beyond the image everything is zero.
// Channels come in multiples of 8.

/// B'd: what surrounds each tile (from one voxel before it to one behind it along each axis of the
/// kernel), to be multiplied with transformed kernels. @param result [tiles, columns] each.
void transform_input(const TileGrid& grid, TileRange range, const ImagePart& x,
                     Matrices<float> result);

/// A'm, plus a bias per channel: from products [tiles, channels] each to the tiles' voxels.
/// @param y [B, Z, Y, X, channels].
void transform_output(const TileGrid& grid, TileRange range, Matrices<const float> products,
                      std::int64_t channels, const float* bias, float* y);

/// A dy: the gradient of the products, [tiles, channels] each, of tiles 1 or 2 deep.
/// @param dy [B, Z, Y, X, channels].
void transform_gradient(const TileGrid& grid, TileRange range, const float* dy,
                        std::int64_t channels, Matrices<float> result);

}  // namespace seg::net
