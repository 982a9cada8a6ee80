#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace seg::data {

/// Folders of this process's control groups that may hold a controller's limits ("cpu", "memory"):
/// its own group, those around it, and the root; of both versions of control groups.
/// @param root where /proc and /sys/fs/cgroup are found.
std::vector<std::filesystem::path> control_groups(const std::string& controller,
                                                  const std::filesystem::path& root);

}  // namespace seg::data
