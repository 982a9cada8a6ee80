#include "seg/data/cores.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <optional>
#include <thread>

#include "base/control_groups.hpp"

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

}  // namespace

int cores_of_quota(const fs::path& root) {
  double narrowest = unlimited;
  for (const fs::path& group : control_groups("cpu", root))
    narrowest = std::min(narrowest, quota_of_group(group));
  return std::isinf(narrowest) ? 0 : std::max(1, static_cast<int>(std::ceil(narrowest)));
}

int all_cores() {
  const int seen = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  static const int quota = cores_of_quota();
  return quota > 0 ? std::min(seen, quota) : seen;
}

}  // namespace seg::data
