#include <algorithm>
#include <optional>
#include <utility>

#include "cases/deeper_scans.hpp"
#include "cases/ending_in_folder.hpp"
#include "cases/nearest_name.hpp"
#include "cases/scan_listing.hpp"
#include "image/image_format.hpp"
#include "image/missing_path.hpp"
#include "seg/data/cases.hpp"
#include "seg/data/dicom.hpp"
#include "seg/data/image.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;

/// Names of the folders in a folder that hold a DICOM series each.
std::vector<std::string> series_names(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(folder, code)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with('.') && entry.is_directory(code) && holds_dicom(entry.path()))
      names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// Image files, and folders of a DICOM series each.
CaseListing list_scans_and_series(const Naming& naming) {
  FoundScans found;
  add_scans(file_names(naming.folder), naming, found);
  add_scans(series_names(naming.folder), {naming.folder, naming.channels, "", true}, found);
  return listing_of(std::move(found));
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
  if (parts && is_channel(*parts, naming)) return {{case_of(parts->first, naming)}, {}};
  if (naming.channels > 1 && !is_picture(file)) return {{}, {without_channel_number(file)}};
  return {{Case{stem_of(name, naming), {file}, {}}}, {}};
}

/// The case of a folder with a DICOM series, with its other channels beside it.
CaseListing list_single_series(const fs::path& folder, std::size_t channels,
                               const Reporter& reporter) {
  fs::path clean = fs::absolute(folder).lexically_normal();
  if (!clean.has_filename()) clean = clean.parent_path();
  const auto names = file_names(clean);
  const auto others = std::ranges::count_if(
      names, [](const std::string& name) { return !image_ending(name).empty(); });
  if (others > 0)
    reporter.warn(folder.string() + ": " + std::to_string(others) +
                  " image file(s) are left out, as it holds a DICOM series");
  FoundScans found;
  add_scans({clean.filename().string()}, {clean.parent_path(), channels, "", true}, found);
  return listing_of(std::move(found));
}

/// The case of a DICOM file with several frames.
CaseListing list_single_dicom(const fs::path& file, std::size_t channels) {
  if (channels > 1) return {{}, {one_channel_only(file, channels)}};
  const bool usual = file.extension() == ".dcm";
  return {{Case{(usual ? file.stem() : file.filename()).string(), {file}, {}}}, {}};
}

/// Of a file, or of the folder of a series; nothing for a folder of scans.
std::optional<CaseListing> list_single(const fs::path& scan, Naming naming,
                                       const Reporter& reporter) {
  if (is_dicom_file(scan)) return list_single_dicom(scan, naming.channels);
  if (holds_dicom(scan)) return list_single_series(scan, naming.channels, reporter);
  std::error_code unreadable;
  if (!fs::is_regular_file(scan, unreadable)) return std::nullopt;
  naming.folder = scan.parent_path();
  return list_single_scan(scan, naming);
}

/// The case that a file belongs to as a channel beyond those that are expected; null if it is none.
Case* case_with_channel(CaseListing& listing, const fs::path& file, const Naming& naming) {
  const std::string name = file.filename().string();
  auto parts = case_and_channel(name, naming.ending);
  if (!parts) parts = case_and_channel(name, "");  // the folder of a series
  if (!parts || parts->second < naming.channels) return nullptr;
  const auto found = std::ranges::find(listing.cases, parts->first, &Case::name);
  return found == listing.cases.end() ? nullptr : &*found;
}

/// As the files of other cases are to be segmented in spite of them.
void make_findings_cases(CaseListing& listing, const Naming& naming) {
  for (const Finding& finding : std::exchange(listing.findings, {})) {
    const ErrorParts problem{finding.file, finding.problem, finding.remedy};
    if (Case* scan = case_with_channel(listing, finding.file, naming)) {
      scan->problem = problem;
      continue;
    }
    Case scan{fs::path(finding.file).filename().string(), {}, {}};
    scan.problem = problem;
    listing.cases.push_back(std::move(scan));
  }
}

void find_nothing_here(CaseListing& listing, const Naming& naming) {
  if (!listing.cases.empty() || !listing.findings.empty()) return;
  if (auto deeper = scans_further_below(naming.folder))
    listing.findings.push_back(*std::move(deeper));
  else
    find_nothing_at_all(listing, naming);
}

CaseListing list_given_scans(const fs::path& scans, Naming naming, const Reporter& reporter) {
  require_there(scans);
  if (auto single = list_single(scans, naming, reporter)) {
    find_missing_files(*single);
    return *std::move(single);
  }
  if (!fs::is_directory(scans)) throw Error(scans.string(), "is neither a file nor a folder");
  naming.ending = ending_in_folder(scans, naming.ending, reporter);
  // Files that are missing in a folder cost their case, when it is read, and not the others.
  CaseListing listing = list_scans_and_series(naming);
  find_nothing_here(listing, naming);
  if (!listing.cases.empty()) make_findings_cases(listing, naming);
  return listing;
}

}  // namespace

void require_readable(const Case& scan) {
  if (scan.problem) throw Error(ErrorKind::bad_input, *scan.problem);
}

std::vector<Case> cases_to_predict(const fs::path& scans, int channels,
                                   const std::string& file_ending, const Reporter& reporter) {
  const auto count = static_cast<std::size_t>(channels);
  if (!file_ending.starts_with('.'))
    return complete_cases({{}, {wrong_ending("the model's dataset.json", file_ending)}});
  return complete_cases(list_given_scans(scans, {scans, count, file_ending, true}, reporter));
}

}  // namespace seg::data
