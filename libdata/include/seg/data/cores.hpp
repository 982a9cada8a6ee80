#pragma once

#include <filesystem>

namespace seg::data {

/// Cores that this process may use, at least 1: those of its affinity (taskset, cpuset), and no
/// more than its control groups allow (the quotas of containers and job schedulers).
int all_cores();

/// Cores that the quotas of this process's control groups stand for, rounded up, at least 1; 0 when
/// there is no quota. Both versions of control groups; the narrowest group on the way to the root
/// counts.
/// @param root where /proc and /sys/fs/cgroup are found.
int cores_of_quota(const std::filesystem::path& root = "/");

}  // namespace seg::data
