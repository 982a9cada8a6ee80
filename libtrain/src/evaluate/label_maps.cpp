#include "evaluate/label_maps.hpp"

#include <algorithm>

#include "seg/plan/error.hpp"

namespace seg::train {
namespace fs = std::filesystem;

std::vector<std::string> files_ending_with(const fs::path& folder, const std::string& ending) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(ending) && !name.starts_with(".")) names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

std::vector<std::string> label_maps(const fs::path& folder, const std::string& file_ending) {
  if (!fs::is_directory(folder))
    throw Error(folder.string(), "there is no such folder", "give the folder of label maps");
  auto names = files_ending_with(folder, file_ending);
  if (names.empty())
    throw Error(folder.string(), "there is no file that ends with " + file_ending,
                "give the folder of label maps");
  return names;
}

}  // namespace seg::train
