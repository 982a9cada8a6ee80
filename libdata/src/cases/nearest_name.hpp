#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace seg::data {

/// Names of the files in a folder, sorted, without hidden ones; empty if there is no such folder.
std::vector<std::string> file_names(const std::filesystem::path& folder);

/// "the nearest file there is NAME", for messages about a file that is missing: one that begins
/// like it, else the one with the fewest letters to change. Empty where none is near.
std::string nearest_file(const std::filesystem::path& missing);

}  // namespace seg::data
