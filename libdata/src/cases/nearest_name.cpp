#include "cases/nearest_name.hpp"

#include <algorithm>

#include "seg/plan/error.hpp"
#include "seg/plan/nearest_entry.hpp"

namespace seg::data {
namespace fs = std::filesystem;

std::vector<std::string> file_names(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code code;
  const fs::directory_iterator entries(folder, code);
  if (code == std::errc::permission_denied)
    throw Error(folder.string(), "cannot be read (" + code.message() + ")",
                "check its permissions");
  for (const auto& entry : entries) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with('.') && !entry.is_directory(code)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string nearest_file(const fs::path& missing) {
  const std::string name = missing.filename().string();
  const fs::path folder = missing.parent_path();
  const auto names = file_names(folder.empty() ? "." : folder);
  if (names.empty()) return "its folder has no files";
  const std::string nearest = nearest_name(name, names);
  return nearest.empty() ? "" : "the nearest file there is " + nearest;
}

}  // namespace seg::data
