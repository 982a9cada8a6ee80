#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "seg/plan/joined.hpp"

namespace seg::data {

/// The first names of a list, and how many more there are.
inline std::string some_of(const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 10;
  const auto shown = std::min(names.size(), kMost);
  const std::vector<std::string> first(names.begin(),
                                       names.begin() + static_cast<std::ptrdiff_t>(shown));
  const std::size_t more = names.size() - shown;
  return seg::joined(first) + (more > 0 ? " and " + std::to_string(more) + " more" : "");
}

}  // namespace seg::data
