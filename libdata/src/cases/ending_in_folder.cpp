#include "cases/ending_in_folder.hpp"

#include <map>
#include <vector>

#include "cases/nearest_name.hpp"
#include "seg/data/image.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/joined.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;

/// How many images of each ending a folder holds.
std::map<std::string, std::size_t> count_endings(const fs::path& folder) {
  std::map<std::string, std::size_t> counts;
  for (const std::string& name : file_names(folder))
    if (const std::string ending = image_ending(name); !ending.empty()) ++counts[ending];
  return counts;
}

std::string text_of(const std::map<std::string, std::size_t>& counts) {
  std::vector<std::string> texts;
  for (const auto& [ending, count] : counts) texts.push_back(std::to_string(count) + " " + ending);
  return seg::joined(texts);
}

}  // namespace

std::string ending_in_folder(const fs::path& folder, const std::string& own,
                             const Reporter& reporter) {
  auto counts = count_endings(folder);
  const bool has_own = counts.erase(own) > 0;
  if (has_own && !counts.empty())
    reporter.warn(folder.string() + ": " + text_of(counts) +
                  " file(s) are left out, as others have the model's ending " + own);
  if (has_own || counts.empty()) return own;
  if (counts.size() > 1)
    throw Error(folder.string(),
                "holds scans of several formats (" + text_of(counts) +
                    "), and none of the model's own (" + own + ")",
                "give each format a folder of its own");
  return counts.begin()->first;
}

}  // namespace seg::data
