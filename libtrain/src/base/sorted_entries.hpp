#pragma once

#include <filesystem>
#include <vector>

namespace seg::train {

/// What lies in a folder, but for hidden entries, by name; nothing where there is no folder.
std::vector<std::filesystem::path> sorted_entries(const std::filesystem::path& folder);

}  // namespace seg::train
