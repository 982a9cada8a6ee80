#include "cases/scan_listing.hpp"

#include <algorithm>

#include "cases/nearest_name.hpp"
#include "image/image_format.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/file_name.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;

Finding without_readable_name(const fs::path& file) {
  return {file.string(), "the name has control characters or bytes that are no UTF-8",
          "rename it: JSON files list cases by name"};
}

Finding superfluous_channel(const fs::path& file, std::size_t channels) {
  return {file.string(),
          "the name's channel number is beyond the " + std::to_string(channels) +
              " channel(s) expected",
          "name the channel in dataset.json, or move the file elsewhere"};
}

Finding missing(const fs::path& file, const std::string& what) {
  std::error_code unreadable;
  if (fs::is_symlink(file, unreadable))
    return {file.string(),
            "links to " + fs::read_symlink(file, unreadable).string() + ", which is not there (" +
                what + ")",
            "mend the link"};
  return {file.string(), "the file does not exist (" + what + ")", nearest_file(file)};
}

/// @param scan its name is what is left of the file's.
void add_case(const Case& scan, const fs::path& file, FoundScans& found) {
  if (!is_file_name(scan.name)) {
    found.findings.push_back(without_readable_name(file));
    return;
  }
  const auto [place, is_new] = found.cases.emplace(scan.name, scan);
  if (!is_new && place->second.channels != scan.channels)
    found.findings.push_back({file.string(),
                              "is the case " + scan.name + ", as " +
                                  place->second.channels.front().filename().string() + " is",
                              "rename one of them"});
}

void add_plain_name(const std::string& name, const Naming& naming, FoundScans& found) {
  const fs::path file = naming.folder / name;
  const bool may_be_plain = naming.plain_names && (naming.channels == 1 || is_picture(file));
  if (may_be_plain)
    add_case({stem_of(name, naming), {file}, {}}, file, found);
  else if (naming.ending.empty())
    found.findings.push_back(one_channel_only(file, naming.channels));
  else
    found.findings.push_back(without_channel_number(file));
}

/// False also for what cannot be looked at, such as a link to itself.
bool is_there(const fs::path& file) {
  std::error_code unreadable;
  return fs::exists(file, unreadable);
}

}  // namespace

std::string channel_number(std::size_t channel) {
  const std::string digits = std::to_string(channel);
  return std::string("_").append(4 - std::min<std::size_t>(4, digits.size()), '0').append(digits);
}

std::optional<CaseAndChannel> case_and_channel(const std::string& name, const std::string& ending) {
  if (!name.ends_with(ending) || name.size() < ending.size() + 6) return std::nullopt;
  const std::string stem = name.substr(0, name.size() - ending.size());
  const std::string digits = stem.substr(stem.size() - 4);
  if (stem[stem.size() - 5] != '_' || digits.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  return std::pair{stem.substr(0, stem.size() - 5), std::stoul(digits)};
}

bool is_channel(const CaseAndChannel& parts, const Naming& naming) {
  return parts.second < naming.channels ||
         is_there(naming.folder / (parts.first + channel_number(0) + naming.ending));
}

Case case_of(const std::string& name, const Naming& naming) {
  Case result{name, {}, {}};
  const auto file = [&](std::size_t channel) {
    return naming.folder / (name + channel_number(channel) + naming.ending);
  };
  // One picture may hold all channels as its colours.
  const bool colours = naming.channels > 1 && is_picture(file(0)) && !is_there(file(1));
  for (std::size_t channel = 0; channel < (colours ? 1 : naming.channels); ++channel)
    result.channels.push_back(file(channel));
  return result;
}

std::string stem_of(const std::string& name, const Naming& naming) {
  return name.substr(0, name.size() - naming.ending.size());
}

Finding without_channel_number(const fs::path& file) {
  return {file.string(), "the name has no channel number",
          "name it <case>_0000<ending>, or move it elsewhere"};
}

Finding one_channel_only(const fs::path& scan, std::size_t channels) {
  return {
      scan.string(),
      "is a DICOM series, which is one channel, but the model wants " + std::to_string(channels),
      "give a series for each in folders <case>_0000, <case>_0001, ..."};
}

Finding wrong_ending(const std::string& file, const std::string& ending) {
  return {file, "\"file_ending\" is \"" + ending + "\"",
          ending.empty() ? "give the ending of the scans, such as \".nii.gz\""
                         : "write it with its dot: \"." + ending + "\""};
}

void add_scans(const std::vector<std::string>& names, const Naming& naming, FoundScans& found) {
  for (const std::string& name : names) {
    if (!name.ends_with(naming.ending)) continue;
    const auto parts = case_and_channel(name, naming.ending);
    const bool is_series = naming.ending.empty();
    if (!parts || (is_series && !is_channel(*parts, naming))) {
      add_plain_name(name, naming, found);
      continue;
    }
    add_case(case_of(parts->first, naming), naming.folder / name, found);
    if (parts->second >= naming.channels && is_file_name(parts->first))
      found.findings.push_back(superfluous_channel(naming.folder / name, naming.channels));
  }
}

CaseListing listing_of(FoundScans found) {
  CaseListing listing{{}, std::move(found.findings)};
  for (auto& [name, scan] : found.cases) listing.cases.push_back(std::move(scan));
  return listing;
}

void find_missing_files(CaseListing& listing) {
  for (const Case& scan : listing.cases) {
    for (std::size_t channel = 0; channel < scan.channels.size(); ++channel)
      if (!is_there(scan.channels[channel]))
        listing.findings.push_back(missing(
            scan.channels[channel], "channel " + std::to_string(channel) + " of " + scan.name));
    if (scan.label && !is_there(*scan.label))
      listing.findings.push_back(missing(*scan.label, "label map of " + scan.name));
  }
}

/// What is there instead of scans.
std::string first_file(const fs::path& folder) {
  const auto names = file_names(folder);
  return names.empty() ? "it has no files" : "its first file is " + names.front();
}

void find_nothing_at_all(CaseListing& listing, const Naming& naming) {
  if (!listing.cases.empty()) return;
  std::error_code unreadable;
  if (!fs::is_directory(naming.folder, unreadable))
    listing.findings.push_back({naming.folder.string(), "the folder does not exist",
                                "give a folder in nnU-Net's dataset format"});
  else if (listing.findings.empty())
    listing.findings.push_back({naming.folder.string(),
                                "holds no scans named <case>_0000" + naming.ending,
                                first_file(naming.folder)});
}

std::vector<Case> complete_cases(CaseListing listing) {
  if (listing.findings.empty()) return std::move(listing.cases);
  const Finding& first = listing.findings.front();
  throw Error(first.file, first.problem, first.remedy);
}

}  // namespace seg::data
