#include "augment/equal_axes.hpp"

#include <algorithm>

namespace seg::data {

std::vector<int> equal_axes(const std::vector<std::int64_t>& patch) {
  std::vector<std::ptrdiff_t> as_long;
  for (const auto extent : patch) as_long.push_back(std::ranges::count(patch, extent));
  const auto most = std::ranges::max(as_long);
  std::vector<int> axes;
  for (std::size_t axis = 0; axis < patch.size() && most > 1; ++axis)
    if (as_long[axis] == most) axes.push_back(static_cast<int>(axis));
  return axes;
}

}  // namespace seg::data
