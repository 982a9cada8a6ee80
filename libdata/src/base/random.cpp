#include "seg/data/random.hpp"

#include <cmath>
#include <limits>

namespace seg::data {
namespace {

std::uint64_t subsequence(const DrawPosition& position, Purpose purpose) {
  return position.iteration << 32 | position.item << 8 | static_cast<std::uint32_t>(purpose);
}

}  // namespace

// The low half of the offset counts the draws, so that streams never meet.
CountedRandom::CountedRandom(const DrawPosition& position, Purpose purpose)
    : engine_(position.seed, subsequence(position, purpose), position.epoch << 32) {}

std::uint32_t CountedRandom::bits() { return engine_(); }

std::uint64_t CountedRandom::seed() {
  const std::uint64_t high = bits();
  return high << 32 | bits();
}

double CountedRandom::uniform(double low, double high) {
  if (low == high) return low;
  const double unit = std::ldexp(static_cast<double>(seed() >> 11), -53);
  return std::min(low + (high - low) * unit, std::nextafter(high, low));
}

std::int64_t CountedRandom::integer(std::int64_t low, std::int64_t high) {
  const std::uint64_t count = static_cast<std::uint64_t>(high - low) + 1;
  const std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t value = seed();
  while (value >= largest - largest % count) value = seed();
  return low + static_cast<std::int64_t>(value % count);
}

bool CountedRandom::chance(double probability) { return uniform(0, 1) < probability; }

}  // namespace seg::data
