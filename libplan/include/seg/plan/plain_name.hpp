#pragma once

#include <string_view>

namespace seg::plan {

/// Whether a name can be that of a file or folder without leading elsewhere: no separators, no dot
/// in front.
inline bool is_plain_name(std::string_view name) {
  constexpr std::string_view kSeparators("/\\\0", 3);
  return !name.empty() && !name.starts_with('.') &&
         name.find_first_of(kSeparators) == std::string_view::npos;
}

}  // namespace seg::plan
