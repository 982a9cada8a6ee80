#include "seg/data/cores.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <thread>

namespace seg::data {
namespace fs = std::filesystem;
namespace {

constexpr double unlimited = std::numeric_limits<double>::infinity();

std::optional<double> number_in(const fs::path& file) {
  double number = 0;
  if (std::ifstream in(file); in >> number) return number;
  return std::nullopt;
}

double share(double quota, double period) {
  return quota > 0 && period > 0 ? quota / period : unlimited;
}

/// Of one group: cpu.max holds "QUOTA PERIOD" or "max PERIOD"; version 1 has a file for each, and
/// -1 for no quota.
double quota_of_group(const fs::path& group) {
  double quota = 0, period = 0;
  if (std::ifstream in(group / "cpu.max"); in >> quota >> period) return share(quota, period);
  return share(number_in(group / "cpu.cfs_quota_us").value_or(0),
               number_in(group / "cpu.cfs_period_us").value_or(0));
}

/// @param path of the group within its hierarchy, such as /jobs/17. Within a container it may be
/// the host's, and not be there: the hierarchy's root is then the container's own group.
double narrowest_quota(const fs::path& hierarchy, fs::path path) {
  double narrowest = unlimited;
  for (path = path.relative_path(); !path.empty(); path = path.parent_path())
    narrowest = std::min(narrowest, quota_of_group(hierarchy / path));
  return std::min(narrowest, quota_of_group(hierarchy));
}

bool names_cpu(const std::string& controllers) {
  std::istringstream names(controllers);
  for (std::string name; std::getline(names, name, ',');)
    if (name == "cpu") return true;
  return false;
}

}  // namespace

int cores_of_quota(const fs::path& root) {
  const fs::path mounted = root / "sys/fs/cgroup";
  double narrowest = unlimited;
  std::ifstream groups(root / "proc/self/cgroup");
  // "NUMBER:CONTROLLERS:PATH"; version 2 has no controllers.
  for (std::string line, number, controllers, path; std::getline(groups, line);) {
    std::istringstream parts(line);
    std::getline(parts, number, ':');
    std::getline(parts, controllers, ':');
    std::getline(parts, path);
    if (controllers.empty())
      narrowest = std::min(narrowest, narrowest_quota(mounted, path));
    else if (names_cpu(controllers))
      for (const std::string& folder : {controllers, std::string("cpu")})
        narrowest = std::min(narrowest, narrowest_quota(mounted / folder, path));
  }
  return std::isinf(narrowest) ? 0 : std::max(1, static_cast<int>(std::ceil(narrowest)));
}

int all_cores() {
  const int seen = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  static const int quota = cores_of_quota();
  return quota > 0 ? std::min(seen, quota) : seen;
}

}  // namespace seg::data
