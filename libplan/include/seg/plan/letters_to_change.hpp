#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace seg {

/// Letters to insert, remove or replace to make one word of another (Levenshtein's distance); the
/// swap of two neighbours counts as one.
std::size_t letters_to_change(const std::string& from, const std::string& to);

/// The name that is probably meant: the nearest of those from which at most a third of the word's
/// letters differ; beyond that it would be a guess, and nothing is given.
std::string nearest_word(const std::string& word, const std::vector<std::string>& names);

}  // namespace seg
