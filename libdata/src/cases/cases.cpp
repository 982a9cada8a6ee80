#include "seg/data/cases.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "cases/case_listing.hpp"
#include "cases/ending_in_folder.hpp"
#include "cases/nearest_name.hpp"
#include "image/image_format.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/file_name.hpp"
#include "seg/plan/joined.hpp"
#include "seg/plan/labels.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;

/// False also for what cannot be looked at, such as a link to itself.
bool is_there(const fs::path& file) {
  std::error_code unreadable;
  return fs::exists(file, unreadable);
}

/// What the scans of a folder are called.
struct Naming {
  fs::path folder;
  std::size_t channels;
  std::string ending;
  bool plain_names = false;  ///< a scan of one file needs no channel number
};

/// _0001
std::string channel_number(std::size_t channel) {
  const std::string digits = std::to_string(channel);
  return std::string("_").append(4 - std::min<std::size_t>(4, digits.size()), '0').append(digits);
}

/// case_0001.nii.gz is channel 1 of "case"; nothing for a name without channel number.
std::optional<std::pair<std::string, std::size_t>> case_and_channel(const std::string& name,
                                                                    const std::string& ending) {
  if (!name.ends_with(ending) || name.size() < ending.size() + 6) return std::nullopt;
  const std::string stem = name.substr(0, name.size() - ending.size());
  const std::string digits = stem.substr(stem.size() - 4);
  if (stem[stem.size() - 5] != '_' || digits.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  return std::pair{stem.substr(0, stem.size() - 5), std::stoul(digits)};
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

Finding without_channel_number(const fs::path& file) {
  return {file.string(), "the name has no channel number",
          "name it <case>_0000<ending>, or move it elsewhere"};
}

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

Finding wrong_ending(const std::string& file, const std::string& ending) {
  return {file, "\"file_ending\" is \"" + ending + "\"",
          ending.empty() ? "give the ending of the scans, such as \".nii.gz\""
                         : "write it with its dot: \"." + ending + "\""};
}

/// Cases by name, and what is wrong with names.
struct FoundScans {
  std::map<std::string, Case> cases;
  std::vector<Finding> findings;
};

std::string stem_of(const std::string& name, const Naming& naming) {
  return name.substr(0, name.size() - naming.ending.size());
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
  else
    found.findings.push_back(without_channel_number(file));
}

CaseListing list_scans(const Naming& naming) {
  FoundScans found;
  for (const std::string& name : file_names(naming.folder)) {
    if (!name.ends_with(naming.ending)) continue;
    const auto parts = case_and_channel(name, naming.ending);
    if (!parts) {
      add_plain_name(name, naming, found);
      continue;
    }
    add_case(case_of(parts->first, naming), naming.folder / name, found);
    if (parts->second >= naming.channels && is_file_name(parts->first))
      found.findings.push_back(superfluous_channel(naming.folder / name, naming.channels));
  }
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

void find_nothing_at_all(CaseListing& listing, const Naming& naming) {
  if (!listing.cases.empty()) return;
  std::error_code unreadable;
  if (!fs::is_directory(naming.folder, unreadable))
    listing.findings.push_back({naming.folder.string(), "the folder does not exist",
                                "give a folder in nnU-Net's dataset format"});
  else if (listing.findings.empty())
    listing.findings.push_back({naming.folder.string(),
                                "holds no scans named <case>_0000" + naming.ending,
                                nearest_file(naming.folder / ("case_0000" + naming.ending))});
}

/// Cases that dataset.json lists with their paths under "dataset".
CaseListing list_explicit_cases(const fs::path& folder, const Json& entries) {
  std::map<std::string, Case> cases;
  for (const auto& [name, entry] : entries.items()) {
    Case& scan = cases[name] = {name, {}, folder / entry.at("label").get<std::string>()};
    for (const auto& image : entry.at("images"))
      scan.channels.push_back(folder / image.get<std::string>());
  }
  CaseListing listing;
  for (auto& [name, scan] : cases) listing.cases.push_back(std::move(scan));
  return listing;
}

CaseListing list_explicit_cases_of(const fs::path& folder, const plan::Dataset& dataset) try {
  return list_explicit_cases(folder, dataset.json.at("dataset"));
} catch (const Json::exception&) {
  const std::string file = (folder / "dataset.json").string();
  return {{},
          {{file, "\"dataset\" cannot be understood",
            "give each case {\"images\": [paths], \"label\": path}"}}};
}

CaseListing list_cases_in_folders(const fs::path& folder, const plan::Dataset& dataset) {
  const Naming naming{folder / "imagesTr", dataset.channel_names.size(), dataset.file_ending};
  CaseListing listing = list_scans(naming);
  for (Case& scan : listing.cases) scan.label = folder / "labelsTr" / (scan.name + naming.ending);
  find_nothing_at_all(listing, naming);
  return listing;
}

/// Names that would lead out of the folders in which cases are kept, or meet another case there.
void find_bad_names(CaseListing& listing, const std::string& json) {
  std::set<std::string> names;
  for (const Case& scan : listing.cases) names.insert(scan.name);
  for (const Case& scan : listing.cases) {
    if (!is_plain_name(scan.name))
      listing.findings.push_back({json, "the case name \"" + scan.name + "\" is no name of a file",
                                  "give it one without / and \\ and a dot in front"});
    for (const char* more : {"_seg", "_locations"})
      if (names.contains(scan.name + more))
        listing.findings.push_back({json,
                                    "the cases " + scan.name + " and " + scan.name + more +
                                        " would be kept in the same files",
                                    "rename one of them"});
  }
}

/// nnU-Net's rule.
void find_label_gaps(const plan::Dataset& dataset, const std::string& json,
                     std::vector<Finding>& findings) {
  const std::vector<int> values = plan::labels_of(dataset).all;
  std::vector<std::string> beyond_gap;
  for (std::size_t i = 1; i < values.size(); ++i)
    if (values[i] != values[i - 1] + 1) beyond_gap.push_back(std::to_string(values[i]));
  if (!beyond_gap.empty())
    findings.push_back(
        {json,
         "labels must be consecutive (0, 1, 2, ...), but no label comes just before " +
             seg::joined(beyond_gap) + " of " + Json(values).dump(),
         "renumber them, in the label maps too"});
}

std::vector<Case> complete_cases(CaseListing listing) {
  if (listing.findings.empty()) return std::move(listing.cases);
  const Finding& first = listing.findings.front();
  throw Error(first.file, first.problem, first.remedy);
}

/// The case that a single file belongs to, with its other channels beside it.
CaseListing list_single_scan(const fs::path& file, Naming naming) {
  const std::string name = file.filename().string();
  if (!name.ends_with(naming.ending)) naming.ending = image_ending(file);
  if (naming.ending.empty())
    return {{},
            {{file.string(), "is no image that seg knows by its name",
              "convert the scan, for example to .nii.gz"}}};
  const auto parts = case_and_channel(name, naming.ending);
  // cell_0001.tif is no channel of a scan of one, unless cell_0000.tif is there.
  const bool is_channel =
      parts && (parts->second < naming.channels ||
                is_there(naming.folder / (parts->first + channel_number(0) + naming.ending)));
  if (is_channel) return {{case_of(parts->first, naming)}, {}};
  if (naming.channels > 1 && !is_picture(file)) return {{}, {without_channel_number(file)}};
  return {{Case{stem_of(name, naming), {file}, {}}}, {}};
}

}  // namespace

CaseListing list_training_cases(const fs::path& folder, const plan::Dataset& dataset) {
  const std::string json = (folder / "dataset.json").string();
  if (!dataset.file_ending.starts_with('.')) return {{}, {wrong_ending(json, dataset.file_ending)}};
  const bool has_paths = dataset.json.is_object() && dataset.json.contains("dataset");
  CaseListing listing =
      has_paths ? list_explicit_cases_of(folder, dataset) : list_cases_in_folders(folder, dataset);
  find_missing_files(listing);
  find_bad_names(listing, json);
  find_label_gaps(dataset, json, listing.findings);
  return listing;
}

std::vector<Case> training_cases(const fs::path& folder, const plan::Dataset& dataset) {
  return complete_cases(list_training_cases(folder, dataset));
}

std::vector<Case> cases_to_predict(const fs::path& scans, int channels,
                                   const std::string& file_ending, const Reporter& reporter) {
  const auto count = static_cast<std::size_t>(channels);
  if (!file_ending.starts_with('.'))
    return complete_cases({{}, {wrong_ending("the model's dataset.json", file_ending)}});
  std::error_code unreadable;
  const bool single = fs::is_regular_file(scans, unreadable);
  Naming naming{single ? scans.parent_path() : scans, count, file_ending, true};
  if (!single) naming.ending = ending_in_folder(scans, file_ending, reporter);
  CaseListing listing = single ? list_single_scan(scans, naming) : list_scans(naming);
  // Files that are missing in a folder cost their case, when it is read, and not the others.
  single ? find_missing_files(listing) : find_nothing_at_all(listing, naming);
  return complete_cases(std::move(listing));
}

}  // namespace seg::data
