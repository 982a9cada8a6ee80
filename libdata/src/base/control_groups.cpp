#include "base/control_groups.hpp"

#include <fstream>
#include <sstream>

namespace seg::data {
namespace fs = std::filesystem;
namespace {

bool is_among(const std::string& controller, const std::string& controllers) {
  std::istringstream names(controllers);
  for (std::string name; std::getline(names, name, ',');)
    if (name == controller) return true;
  return false;
}

/// @param path of the group within its hierarchy, such as /jobs/17. Within a container it may be
/// the host's, and not be there: the hierarchy's root is then the container's own group.
void add_groups(std::vector<fs::path>& groups, const fs::path& hierarchy, fs::path path) {
  for (path = path.relative_path(); !path.empty(); path = path.parent_path())
    groups.push_back(hierarchy / path);
  groups.push_back(hierarchy);
}

}  // namespace

std::vector<fs::path> control_groups(const std::string& controller, const fs::path& root) {
  const fs::path mounted = root / "sys/fs/cgroup";
  std::vector<fs::path> groups;
  std::ifstream lines(root / "proc/self/cgroup");
  // "NUMBER:CONTROLLERS:PATH"; version 2 has no controllers.
  for (std::string line, number, controllers, path; std::getline(lines, line);) {
    std::istringstream parts(line);
    std::getline(parts, number, ':');
    std::getline(parts, controllers, ':');
    std::getline(parts, path);
    if (controllers.empty())
      add_groups(groups, mounted, path);
    else if (is_among(controller, controllers))
      for (const std::string& folder : {controllers, controller})
        add_groups(groups, mounted / folder, path);
  }
  return groups;
}

}  // namespace seg::data
