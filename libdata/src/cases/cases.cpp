#include "seg/data/cases.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <map>
#include <set>

#include "cases/nearest_name.hpp"
#include "cases/scan_listing.hpp"
#include "seg/plan/file_name.hpp"
#include "seg/plan/joined.hpp"
#include "seg/plan/labels.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;

/// $NAME and ${NAME} replaced by what the environment has; unknown ones stay (as Python's
/// os.path.expandvars does, by which nnU-Net 2.8.1 reads these paths).
std::string with_variables(const std::string& path) {
  const auto is_of_name = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  std::string text;
  for (auto next = path.begin(); next != path.end();) {
    const auto start = next++;
    if (*start != '$' || next == path.end()) {
      text += *start;
      continue;
    }
    const bool braces = *next == '{';
    const auto name = braces ? next + 1 : next;
    const auto end =
        braces ? std::find(name, path.end(), '}') : std::find_if_not(name, path.end(), is_of_name);
    const char* value =
        braces && end == path.end() ? nullptr : std::getenv(std::string(name, end).c_str());
    next = braces && end != path.end() ? end + 1 : end;
    text += value != nullptr ? value : std::string(start, next);
  }
  return text;
}

/// Cases that dataset.json lists with their paths under "dataset".
CaseListing list_explicit_cases(const fs::path& folder, const Json& entries) {
  std::map<std::string, Case> cases;
  for (const auto& [name, entry] : entries.items()) {
    Case& scan =
        cases[name] = {name, {}, folder / with_variables(entry.at("label").get<std::string>())};
    for (const auto& image : entry.at("images"))
      scan.channels.push_back(folder / with_variables(image.get<std::string>()));
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
  FoundScans found;
  add_scans(file_names(naming.folder), naming, found);
  CaseListing listing = listing_of(std::move(found));
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

}  // namespace seg::data
