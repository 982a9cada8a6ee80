#include "base/sorted_entries.hpp"

#include <algorithm>

namespace seg::train {
namespace fs = std::filesystem;

std::vector<fs::path> sorted_entries(const fs::path& folder) {
  std::vector<fs::path> entries;
  if (fs::is_directory(folder))
    for (const auto& entry : fs::directory_iterator(folder))
      if (!entry.path().filename().string().starts_with(".")) entries.push_back(entry.path());
  std::ranges::sort(entries);
  return entries;
}

}  // namespace seg::train
