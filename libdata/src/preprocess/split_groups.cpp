#include <set>

#include "base/some_of.hpp"
#include "seg/data/splits.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"

namespace seg::data {
namespace {
namespace fs = std::filesystem;

fs::path groups_file(const fs::path& splits_file) {
  return splits_file.parent_path() / "groups.json";
}

std::set<std::string> groups_of(const std::vector<std::string>& cases,
                                const std::map<std::string, std::string>& group_of) {
  std::set<std::string> groups;
  for (const std::string& name : cases)
    if (const auto found = group_of.find(name); found != group_of.end())
      groups.insert(found->second);
  return groups;
}

}  // namespace

std::map<std::string, std::string> read_groups(const fs::path& splits_file) {
  const fs::path file = groups_file(splits_file);
  if (!fs::exists(file)) return {};
  try {
    return read_json(file).get<std::map<std::string, std::string>>();
  } catch (const Json::exception&) {
    throw Error(file.string(), "is not {\"<case>\": \"<group>\", ...}",
                "correct it, or plan with `group_by` again");
  }
}

void write_groups(const fs::path& splits_file, const std::map<std::string, std::string>& group_of) {
  write_json(groups_file(splits_file), Json(group_of));
}

std::vector<std::string> group_problems(const std::vector<Split>& splits,
                                        const std::map<std::string, std::string>& group_of) {
  std::vector<std::string> lines;
  for (std::size_t fold = 0; fold < splits.size(); ++fold) {
    const auto training = groups_of(splits[fold].train, group_of);
    std::vector<std::string> leaked;
    for (const std::string& group : groups_of(splits[fold].val, group_of))
      if (training.contains(group)) leaked.push_back(group);
    if (!leaked.empty())
      lines.push_back(
          "fold " + std::to_string(fold) +
          " validates groups that it trains on, so that its Dice is too good: " + some_of(leaked));
  }
  return lines;
}

}  // namespace seg::data
