#include "cases/deeper_scans.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "base/some_of.hpp"
#include "seg/data/dicom.hpp"
#include "seg/data/image.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_entries = 10'000;
constexpr int deepest = 5;

bool is_scan(const fs::directory_entry& entry) {
  std::error_code unreadable;
  if (entry.is_directory(unreadable)) return holds_dicom(entry.path());
  return entry.is_regular_file(unreadable) && !image_ending(entry.path()).empty();
}

/// Image files, and folders of a DICOM series each.
std::vector<fs::path> scans_below(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code unreadable;
  fs::recursive_directory_iterator entries(folder, fs::directory_options::skip_permission_denied,
                                           unreadable);
  for (std::size_t seen = 0; !unreadable && seen < most_entries; ++seen) {
    if (entries == fs::recursive_directory_iterator()) break;
    const bool hidden = entries->path().filename().string().starts_with('.');
    if (hidden || entries.depth() >= deepest) entries.disable_recursion_pending();
    if (!hidden && is_scan(*entries)) found.push_back(entries->path());
    entries.increment(unreadable);
  }
  std::ranges::sort(found);
  return found;
}

std::string remedy_for(const std::vector<fs::path>& scans) {
  std::set<fs::path> folders;
  for (const fs::path& scan : scans) folders.insert(scan.parent_path());
  if (scans.size() == 1) return "give " + scans.front().string();
  if (folders.size() == 1) return "give " + folders.begin()->string() + ", or one of them";
  return "give one of them, the folder around some, such as " + folders.begin()->string() +
         ", or all in a `list`";
}

}  // namespace

std::optional<Finding> scans_further_below(const fs::path& folder) {
  const auto scans = scans_below(folder);
  if (scans.empty()) return std::nullopt;
  std::vector<std::string> names;
  std::error_code unreadable;
  std::size_t series = 0;
  for (const fs::path& scan : scans) {
    names.push_back(scan.lexically_relative(folder).string());
    series += fs::is_directory(scan, unreadable);
  }
  const std::string what = series == scans.size() ? " DICOM series" : " scan(s)";
  return Finding{folder.string(),
                 "holds no scans itself, but " + std::to_string(scans.size()) + what +
                     " lie further below (" + some_of(names) + ")",
                 remedy_for(scans)};
}

}  // namespace seg::data
