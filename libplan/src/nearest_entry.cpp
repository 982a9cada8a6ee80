#include "seg/plan/nearest_entry.hpp"

#include <algorithm>

#include "seg/plan/letters_to_change.hpp"

namespace seg {
namespace {

namespace fs = std::filesystem;

/// Without hidden ones; empty for what cannot be read.
std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code unreadable;
  for (const auto& entry : fs::directory_iterator(folder.empty() ? "." : folder, unreadable))
    if (const std::string name = entry.path().filename().string(); !name.starts_with('.'))
      names.push_back(name);
  std::ranges::sort(names);
  return names;
}

/// Whether a name may have been meant: it begins alike, or at most half of the letters differ.
bool is_near(const std::string& word, const std::string& name) {
  const std::string stem = word.substr(0, word.find('.'));
  return name.starts_with(stem) || 2 * letters_to_change(word, name) <= word.size();
}

fs::path without_end_slash(const fs::path& path) {
  return path.has_filename() ? path : path.parent_path();
}

bool is_there(const fs::path& folder) {
  std::error_code unreadable;
  return folder.empty() || fs::exists(folder, unreadable);
}

}  // namespace

std::string nearest_name(const std::string& word, const std::vector<std::string>& names) {
  const std::string stem = word.substr(0, word.find('.'));
  const auto distance = [&](const std::string& other) {
    return std::pair{!other.starts_with(stem), letters_to_change(word, other)};
  };
  const auto nearest = std::ranges::min_element(names, {}, distance);
  return nearest != names.end() && is_near(word, *nearest) ? *nearest : "";
}

std::string nearest_entry(const fs::path& missing) {
  fs::path first = without_end_slash(missing);
  while (!is_there(first.parent_path()) && first.has_relative_path()) first = first.parent_path();
  const fs::path folder = first.parent_path();
  const auto names = names_in(folder);
  const std::string word = first.filename().string();
  const std::string place =
      first == without_end_slash(missing) ? "" : "there is no " + first.string() + " either";
  const std::string then = place.empty() ? "" : place + "; ";
  if (names.empty()) return then + (folder.empty() ? "." : folder.string()) + " holds nothing";
  const std::string nearest = nearest_name(word, names);
  return nearest.empty() ? place : then + "the nearest there is " + nearest;
}

std::string path_from_here(const fs::path& path) {
  const fs::path whole = fs::absolute(path).lexically_normal();
  const fs::path from_here = fs::proximate(whole);
  return (*from_here.begin() == ".." ? whole : from_here).string();
}

}  // namespace seg
