#pragma once

#include <cstdint>
#include <cstring>

namespace seg::net {

/// Floats that a processor handles at once (AVX); others take them in several steps.
inline constexpr std::int64_t lane_count = 8;
using Lanes [[gnu::vector_size(lane_count * sizeof(float))]] = float;

[[gnu::always_inline]] inline void load(const float* from, Lanes& lanes) {
  std::memcpy(&lanes, from, sizeof lanes);
}

[[gnu::always_inline]] inline void store(const Lanes& lanes, float* to) {
  std::memcpy(to, &lanes, sizeof lanes);
}

}  // namespace seg::net
