#pragma once

#include <cstddef>
#include <string>

namespace seg {

/// Letters to insert, remove or replace to make one word of another (Levenshtein's distance); the
/// swap of two neighbours counts as one.
std::size_t letters_to_change(const std::string& from, const std::string& to);

}  // namespace seg
