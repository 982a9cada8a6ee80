#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace seg {

/// The one of some names that may have been meant by a word: of those that begin like it, up to its
/// first dot, else of all, the one with the fewest letters to change. Empty where none begins like
/// it and more than half of its letters differ.
std::string nearest_name(const std::string& word, const std::vector<std::string>& names);

/// What to say of a file or folder that was given and is not there: "the nearest there is NAME",
/// or, where its folder is not there either, what is near that. Empty where nothing is near.
std::string nearest_entry(const std::filesystem::path& missing);

/// A path as it would be typed here: from the current folder on where it lies within, else whole.
std::string path_from_here(const std::filesystem::path& path);

}  // namespace seg
