#pragma once

#include <cstdint>
#include <cstring>

namespace seg::net {

/// Floats that a processor handles at once (AVX); others take them in several steps.
inline constexpr std::int64_t lane_count = 8;
using Lanes [[gnu::vector_size(lane_count * sizeof(float))]] = float;
/// What AVX-512 handles at once.
using WideLanes [[gnu::vector_size(2 * lane_count * sizeof(float))]] = float;

template <typename Vector>
inline constexpr std::int64_t lanes_in = sizeof(Vector) / sizeof(float);

/// Whether a loop over `floats` is one over whole WideLanes.
constexpr bool suits_wide_lanes(std::int64_t floats) { return floats % lanes_in<WideLanes> == 0; }

template <typename Vector>
[[gnu::always_inline]] inline void load(const float* from, Vector& lanes) {
  std::memcpy(&lanes, from, sizeof lanes);
}

template <typename Vector>
[[gnu::always_inline]] inline void store(const Vector& lanes, float* to) {
  std::memcpy(to, &lanes, sizeof lanes);
}

}  // namespace seg::net
