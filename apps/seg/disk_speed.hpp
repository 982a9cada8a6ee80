#pragma once

#include <filesystem>
#include <optional>

namespace seg::app {

/// MB/s that reach the disk of a folder: up to 64 MB and about half a second of writing to a file
/// without a name. Nothing where that cannot be written.
std::optional<double> disk_speed(const std::filesystem::path& folder);

}  // namespace seg::app
