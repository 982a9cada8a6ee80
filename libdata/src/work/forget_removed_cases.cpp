#include <algorithm>
#include <set>

#include "base/some_of.hpp"
#include "cases/case_listing.hpp"
#include "seg/data/splits.hpp"
#include "seg/data/store.hpp"
#include "seg/data/work_folder.hpp"
#include "store/case_record.hpp"

namespace seg::data {
namespace {
namespace fs = std::filesystem;

void remove_stored(const fs::path& folder, const std::string& name) {
  const CaseFiles files = case_files(folder, name);
  for (const fs::path& file : {files.record, files.data, files.seg, files.locations})
    fs::remove(file);
}

/// @returns names of the cases that went.
std::vector<std::string> forget_stored(const fs::path& folder, const std::set<std::string>& known) {
  auto names = stored_cases(folder);
  std::erase_if(names, [&](const std::string& name) { return known.contains(name); });
  for (const std::string& name : names) remove_stored(folder, name);
  return names;
}

std::vector<fs::path> entries_of(const fs::path& folder) {
  if (!fs::is_directory(folder)) return {};
  return {fs::directory_iterator(folder), {}};
}

void forget_links(const fs::path& folder, const std::set<std::string>& names_of_links) {
  for (const fs::path& link : entries_of(folder))
    if (fs::is_symlink(link) && !names_of_links.contains(link.filename().string()))
      fs::remove(link);
}

}  // namespace

std::vector<Finding> verify_splits(const fs::path& dataset_folder, const WorkFolder& work) {
  std::vector<std::string> names;
  for (const Case& one :
       list_training_cases(dataset_folder, plan::read_dataset(dataset_folder)).cases)
    names.push_back(one.name);
  std::vector<Finding> findings;
  for (const std::string& problem : split_file_problems(work.splits(), names))
    findings.push_back({work.splits().string(), problem, "correct it if that is not meant"});
  return findings;
}

void forget_removed_cases(const WorkFolder& work, const std::vector<Case>& cases,
                          const Reporter& reporter) {
  std::set<std::string> known, links;
  const std::string ending = read_work_dataset(work).file_ending;
  for (const Case& one : cases) {
    known.insert(one.name);
    links.insert(one.name + ending);
  }
  for (const fs::path& folder : entries_of(work.root / "preprocessed"))
    if (const auto names = forget_stored(folder, known); !names.empty())
      reporter.say("removed from " + folder.string() +
                   " what the dataset has no longer: " + some_of(names));
  forget_links(work.root / "gt_segmentations", links);
  refresh_splits(work.splits(), {known.begin(), known.end()}, reporter);
}

}  // namespace seg::data
