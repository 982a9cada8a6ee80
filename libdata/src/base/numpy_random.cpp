#include "base/numpy_random.hpp"

#include <bit>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace seg::data {
namespace {

/// Uniform in 0..highest: NumPy masks the next 32 bits and draws again when they are too large.
std::uint32_t interval(std::uint32_t highest, std::mt19937& random) {
  const auto mask = static_cast<std::uint32_t>((std::uint64_t{1} << std::bit_width(highest)) - 1);
  std::uint32_t value = random() & mask;
  while (value > highest) value = random() & mask;
  return value;
}

}  // namespace

std::vector<std::int64_t> numpy_permutation(std::int64_t count, std::mt19937& random) {
  if (count > std::int64_t{0xffffffff})
    throw std::length_error("numpy_permutation: more than 2^32 items");
  std::vector<std::int64_t> items(static_cast<std::size_t>(count));
  std::iota(items.begin(), items.end(), 0);
  for (std::int64_t last = count - 1; last > 0; --last)
    std::swap(items[last], items[interval(static_cast<std::uint32_t>(last), random)]);
  return items;
}

}  // namespace seg::data
