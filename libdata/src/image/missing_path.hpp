#pragma once

#include <filesystem>

namespace seg::data {

/// @throws Error for a path at which nothing is or can be seen: a link to nothing, a folder without
/// permission, else what is near it.
void require_there(const std::filesystem::path& path);

}  // namespace seg::data
