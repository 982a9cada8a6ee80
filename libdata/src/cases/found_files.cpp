#include "cases/found_files.hpp"

#include <algorithm>
#include <utility>

#include "base/some_of.hpp"
#include "seg/data/dicom.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/file_name.hpp"
#include "seg/plan/nearest_entry.hpp"

namespace seg::data {
namespace fs = std::filesystem;
namespace {

Error told_twice(const fs::path& file, const fs::path& earlier, const std::string& what) {
  return {file.string(), "is " + what + ", as " + earlier.string() + " is",
          "choose one: a narrower pattern, or another name"};
}

std::string channel_of(const std::string& channel, const std::string& name) {
  return std::string("the channel ").append(channel).append(" of the case ").append(name);
}

}  // namespace

FoundFiles::FoundFiles(std::string source, std::vector<std::string> channel_names)
    : table_{std::move(source), std::move(channel_names), {}, {}} {}

Case& FoundFiles::case_named(const std::string& name, const fs::path& file) {
  if (!is_plain_name(name))
    throw Error(file.string(), "belongs to a case \"" + name + "\", which is no name of a file",
                "rename the case");
  Case& scan = cases_[name];
  scan.name = name;
  scan.channels.resize(table_.channel_names.size());
  return scan;
}

void FoundFiles::add_case(const std::string& name) { case_named(name, table_.source); }

void FoundFiles::add_channel(const std::string& name, std::size_t channel, const fs::path& file) {
  fs::path& place = case_named(name, file).channels.at(channel);
  if (!place.empty())
    throw told_twice(file, place, channel_of(table_.channel_names[channel], name));
  place = file;
}

void FoundFiles::add_label(const std::string& name, const fs::path& file) {
  auto& label = case_named(name, file).label;
  if (label) throw told_twice(file, *label, "the label map of the case " + name);
  label = file;
}

void FoundFiles::add_group(const std::string& name, const std::string& group) {
  if (group.empty()) return;
  if (const auto [place, is_new] = table_.groups.emplace(name, group);
      !is_new && place->second != group)
    throw Error(table_.source,
                "gives the case " + name + " two groups, " + place->second + " and " + group);
}

CaseTable FoundFiles::table() && {
  std::vector<std::string> without;
  for (auto& [name, scan] : cases_) {
    for (std::size_t i = 0; i < scan.channels.size(); ++i)
      if (scan.channels[i].empty()) without.push_back(name + " (" + table_.channel_names[i] + ")");
    table_.cases.push_back(std::move(scan));
  }
  if (!without.empty())
    throw Error(table_.source, "has no image of " + some_of(without),
                "every case needs all channels");
  std::vector<std::string> alone;
  for (const Case& scan : table_.cases)
    if (!table_.groups.contains(scan.name)) alone.push_back(scan.name);
  if (!table_.groups.empty() && !alone.empty())
    throw Error(table_.source, "gives no group to " + some_of(alone),
                "every case needs one, if only its own name");
  return std::move(table_);
}

std::vector<fs::path> images_at_any_depth(const fs::path& folder) {
  if (!fs::is_directory(folder))
    throw Error(ErrorKind::not_found, {folder.string(), "is no folder", nearest_entry(folder)});
  std::vector<fs::path> found;
  fs::recursive_directory_iterator entries(folder, fs::directory_options::skip_permission_denied);
  for (; entries != fs::recursive_directory_iterator(); ++entries) {
    const fs::path& path = entries->path();
    std::error_code unreadable;
    const bool hidden = path.filename().string().starts_with('.');
    if (entries->is_directory(unreadable)) {
      if (!hidden && holds_dicom(path)) found.push_back(path);
      if (hidden) entries.disable_recursion_pending();
    } else if (!hidden && entries->is_regular_file(unreadable) && !image_ending(path).empty()) {
      found.push_back(path);
    }
  }
  std::ranges::sort(found);
  return found;
}

}  // namespace seg::data
