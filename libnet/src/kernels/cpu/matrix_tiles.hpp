#pragma once

#include <c10/util/BFloat16.h>

#include <cstdint>

namespace seg::net {

/// A tile of a product has as many inputs as rows, as many outputs as columns.
inline constexpr std::int64_t channels_in_tile = 16;
/// Places whose products a tile adds up at once.
inline constexpr std::int64_t places_in_group = 32;

/// A batch [B, Z, Y, X, C] as one row of places: a place of zeros behind each line, a line of them
/// behind each plane and, where kernels reach from plane to plane, a plane of them behind each
/// item. So a kernel's voxel is the same number of places away everywhere.
struct PaddedRow {
  std::int64_t items, depth, height, width;
  bool is_deep;  ///< kernels reach from plane to plane

  std::int64_t line() const { return width + 1; }
  std::int64_t plane() const { return (height + 1) * line(); }
  std::int64_t item() const { return (depth + (is_deep ? 1 : 0)) * plane(); }
  std::int64_t groups() const { return (items * item() + places_in_group - 1) / places_in_group; }
  /// From a voxel to the farthest of a kernel of 3.
  std::int64_t reach() const { return (is_deep ? plane() : 0) + line() + 1; }
  /// Voxels of a kernel of 3 x 3 x 3 or 1 x 3 x 3.
  std::int64_t kernel_voxels() const { return is_deep ? 27 : 9; }
};

/// Values of the voxels in a row, [B, Z, Y, X, channels].
struct RowValues {
  const c10::BFloat16* values;
  std::int64_t channels;  ///< a multiple of 32
};

/// A convolution's input and the gradient of its output.
struct LearnedPass {
  PaddedRow row;
  RowValues x, dy;
};

/// Consecutive groups of a row.
struct GroupRange {
  std::int64_t begin, count;
};

/// What add_weight_gradient() adds to.
struct ConvolutionSums {
  float* of_weight;  ///< [inputs / 16, outputs / 16, voxels, 16 of the inputs, 16 of the outputs]
  float* of_bias;    ///< [outputs]
};

/// Bytes that add_weight_gradient() needs to rearrange so many groups.
std::int64_t tile_room(const PaddedRow& row, std::int64_t inputs, std::int64_t outputs,
                       std::int64_t groups);

/// Adds what some places are to the gradients of a convolution's weight and bias: for each voxel v
/// of the kernel x[place + v, input] dy[place, output], in fp32, by the processor's matrix tiles.
/// Needs InstructionSet::amx.
/// @param room tile_room() bytes.
void add_weight_gradient(const LearnedPass& pass, GroupRange range, const ConvolutionSums& sums,
                         std::uint8_t* room);

}  // namespace seg::net
