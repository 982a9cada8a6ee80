#pragma once

#include <cstdint>

#include "kernels/cpu/lanes.hpp"

namespace seg::net {

/// Matrices of the same size in memory, from one to the next `step` floats.
template <typename T>
struct Matrices {
  T* values;
  std::int64_t step;
};

/// `count` products of small matrices: c = a b, each [rows, inner] x [inner, columns], with columns
/// a multiple of 8.
struct SmallProducts {
  std::int64_t count, rows, inner, columns;
};

/// `floats` and a few more, an odd number of lines of the cache: matrices that far apart do not
/// fall on few of its places.
constexpr std::int64_t odd_lines(std::int64_t floats) {
  constexpr std::int64_t floats_in_line = 16;
  return ((floats + floats_in_line - 1) / floats_in_line | 1) * floats_in_line;
}

/// How many columns lie side by side in the order that multiply() reads.
constexpr std::int64_t columns_together(std::int64_t columns) {
  return suits_wide_lanes(columns) ? lanes_in<WideLanes> : lane_count;
}

/// For matrices that fit the cache, which a library would first copy into another order: 80 to 90
/// GFLOP/s a thread (AVX2), where at::bmm reaches 45 to 67.
/// @param a [rows, inner] each.
/// @param b [columns / n, inner, n] each, n = columns_together(columns).
/// @param c [rows, columns] each, written. @param added [columns], to every row; may be null.
void multiply(const SmallProducts& sizes, Matrices<const float> a, Matrices<const float> b,
              Matrices<float> c, const float* added = nullptr);

/// The products added to `c`.
/// @param a [inner, rows] each: transposed. @param b [inner, columns] each.
void add_transposed_products(const SmallProducts& sizes, Matrices<const float> a,
                             Matrices<const float> b, Matrices<float> c);

}  // namespace seg::net
