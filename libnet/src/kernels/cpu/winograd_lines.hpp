#pragma once

#include "kernels/cpu/lanes.hpp"

namespace seg::net {

// Winograd's minimal filtering of one line by a kernel of 3 (Lavin & Gray 2016, sections 3 and 4,
// https://arxiv.org/abs/1509.09308): F(2, 3), F(4, 3) and, for a line without a kernel, F(1, 1).
// F(4, 3) has the points 0, +-near, +-far and infinity: with these its rounding is small.

/// Products that give `voxels` voxels of a line.
constexpr std::int64_t line_products(std::int64_t voxels) { return voxels == 1 ? 1 : voxels + 2; }

inline constexpr float near_point = 0.707106781F, far_point = 1.414213562F;

/// B'd: the voxels from one before the line to one behind it, `from_step` apart, to factors,
/// `to_step` apart, for the products.
template <std::int64_t voxels>
[[gnu::always_inline]] inline void input_line(const Lanes* d, Lanes* to, std::int64_t from_step,
                                              std::int64_t to_step) {
  if constexpr (voxels == 1) {
    to[0] = d[0];
  } else if constexpr (voxels == 2) {
    const Lanes d0 = d[0], d1 = d[from_step], d2 = d[2 * from_step], d3 = d[3 * from_step];
    to[0] = d0 - d2;
    to[to_step] = d1 + d2;
    to[2 * to_step] = d2 - d1;
    to[3 * to_step] = d1 - d3;
  } else {
    const Lanes d0 = d[0], d1 = d[from_step], d2 = d[2 * from_step], d3 = d[3 * from_step],
                d4 = d[4 * from_step], d5 = d[5 * from_step];
    const Lanes near_even = d4 - 2 * d2, near_odd = near_point * (d3 - 2 * d1),
                far_even = d4 - .5F * d2, far_odd = far_point * (d3 - .5F * d1);
    to[0] = d0 + d4 - 2.5F * d2;
    to[to_step] = near_even + near_odd;
    to[2 * to_step] = near_even - near_odd;
    to[3 * to_step] = far_even + far_odd;
    to[4 * to_step] = far_even - far_odd;
    to[5 * to_step] = d1 + d5 - 2.5F * d3;
  }
}

/// A'm: products to the line's voxels.
template <std::int64_t voxels>
[[gnu::always_inline]] inline void output_line(const Lanes* m, Lanes* to, std::int64_t from_step,
                                               std::int64_t to_step) {
  if constexpr (voxels == 1) {
    to[0] = m[0];
  } else if constexpr (voxels == 2) {
    const Lanes m0 = m[0], m1 = m[from_step], m2 = m[2 * from_step], m3 = m[3 * from_step];
    to[0] = m0 + m1 + m2;
    to[to_step] = m1 - m2 - m3;
  } else {
    const Lanes m0 = m[0], m1 = m[from_step], m2 = m[2 * from_step], m3 = m[3 * from_step],
                m4 = m[4 * from_step], m5 = m[5 * from_step];
    const Lanes near_even = m1 + m2, near_odd = near_point * (m1 - m2), far_even = m3 + m4,
                far_odd = far_point * (m3 - m4);
    to[0] = m0 + near_even + far_even;
    to[to_step] = near_odd + far_odd;
    to[2 * to_step] = .5F * near_even + 2 * far_even;
    to[3 * to_step] = .5F * near_odd + 2 * far_odd + m5;
  }
}

/// A dy: the gradient of the line's voxels to that of the products.
template <std::int64_t voxels>
[[gnu::always_inline]] inline void gradient_line(const Lanes* g, Lanes* to, std::int64_t from_step,
                                                 std::int64_t to_step) {
  if constexpr (voxels == 1) {
    to[0] = g[0];
  } else if constexpr (voxels == 2) {
    const Lanes g0 = g[0], g1 = g[from_step];
    to[0] = g0;
    to[to_step] = g0 + g1;
    to[2 * to_step] = g0 - g1;
    to[3 * to_step] = -g1;
  } else {
    const Lanes g0 = g[0], g1 = g[from_step], g2 = g[2 * from_step], g3 = g[3 * from_step];
    const Lanes near_even = g0 + .5F * g2, near_odd = near_point * (g1 + .5F * g3),
                far_even = g0 + 2 * g2, far_odd = far_point * (g1 + 2 * g3);
    to[0] = g0;
    to[to_step] = near_even + near_odd;
    to[2 * to_step] = near_even - near_odd;
    to[3 * to_step] = far_even + far_odd;
    to[4 * to_step] = far_even - far_odd;
    to[5 * to_step] = g3;
  }
}

/// G g: a kernel's 3 places (1 for F(1, 1)) to factors for the products.
template <std::int64_t voxels>
[[gnu::always_inline]] inline void kernel_line(const Lanes* g, Lanes* to, std::int64_t from_step,
                                               std::int64_t to_step) {
  if constexpr (voxels == 1) {
    to[0] = g[0];
  } else if constexpr (voxels == 2) {
    const Lanes g0 = g[0], g1 = g[from_step], g2 = g[2 * from_step];
    const Lanes even = .5F * (g0 + g2), odd = .5F * g1;
    to[0] = g0;
    to[to_step] = even + odd;
    to[2 * to_step] = even - odd;
    to[3 * to_step] = g2;
  } else {
    const Lanes g0 = g[0], g1 = g[from_step], g2 = g[2 * from_step];
    const Lanes near_even = (g0 + .5F * g2) / -1.5F, near_odd = g1 * (near_point / -1.5F),
                far_even = (g0 + 2 * g2) / 6, far_odd = g1 * (far_point / 6);
    to[0] = g0;
    to[to_step] = near_even + near_odd;
    to[2 * to_step] = near_even - near_odd;
    to[3 * to_step] = far_even + far_odd;
    to[4 * to_step] = far_even - far_odd;
    to[5 * to_step] = g2;
  }
}

}  // namespace seg::net
