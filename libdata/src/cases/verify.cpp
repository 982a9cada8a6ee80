#include "seg/data/verify.hpp"

#include <algorithm>
#include <iterator>
#include <mutex>
#include <optional>

#include "cases/case_content.hpp"
#include "cases/case_listing.hpp"
#include "cases/dataset_reader.hpp"
#include "cases/likely_unit.hpp"
#include "cases/nearest_name.hpp"
#include "seg/data/parallel_cases.hpp"
#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;

Finding finding_of(const Error& error) {
  const ErrorParts& parts = error.parts();
  return {parts.where, parts.problem, parts.remedy};
}

/// A case that was looked at.
struct VerifiedCase {
  std::vector<Finding> findings;
  std::optional<std::array<double, 3>> spacing{};  ///< of a scan that can be read
};

VerifiedCase verified(const Case& files, const CaseReading& reading, const Reporter& reporter) {
  LabelledImage scan;
  try {
    scan.image = read_image(files.channels, reading.reader, reporter);
    scan.label = read_label_map(*files.label, reading.reader, reporter);
  } catch (const Error& error) {
    return {{finding_of(error)}};
  }
  auto findings = content_findings(files, scan, reading.dataset);
  std::ranges::move(geometry_findings(files, scan), std::back_inserter(findings));
  return {std::move(findings), scan.image.geometry.array_spacing()};
}

std::array<double, 3> median_spacing(const std::vector<VerifiedCase>& cases) {
  std::array<double, 3> median{1, 1, 1};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    std::vector<double> values;
    for (const VerifiedCase& one : cases)
      if (one.spacing) values.push_back((*one.spacing)[axis]);
    if (values.empty()) continue;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    median[axis] = *middle;
  }
  return median;
}

/// Scans whose spacing is so far from the usual one that it must be in another unit.
void find_other_units(const CaseListing& listing, std::vector<VerifiedCase>& cases) {
  const auto usual = median_spacing(cases);
  const auto text = [](const std::array<double, 3>& spacing) { return Json(spacing).dump(); };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const std::string unit = cases[i].spacing ? likely_unit(*cases[i].spacing, usual) : "";
    if (!unit.empty())
      cases[i].findings.push_back(
          {listing.cases[i].channels[0].string(),
           "its spacing " + text(*cases[i].spacing) + " mm is far from the usual " + text(usual),
           "it is probably in " + unit + "; correct the spacing in its header, or the unit there"});
  }
}

bool is_complete(const Case& files) {
  std::error_code unreadable;
  const auto is_there = [&](const fs::path& file) { return fs::exists(file, unreadable); };
  return std::ranges::all_of(files.channels, is_there) && files.label && is_there(*files.label);
}

std::vector<Case> cases_with_all_files(const CaseListing& listing) {
  std::vector<Case> cases;
  std::ranges::copy_if(listing.cases, std::back_inserter(cases), is_complete);
  return cases;
}

/// Nothing, and a finding, when dataset.json leads to none.
std::optional<ImageReader> known_reader(const plan::Dataset& dataset,
                                        const std::vector<Case>& cases,
                                        std::vector<Finding>& findings) try {
  return image_reader(dataset_reader(dataset, cases), dataset.name);
} catch (const Error& error) {
  findings.push_back(finding_of(error));
  return std::nullopt;
}

void find_wrong_count(const CaseListing& listing, const fs::path& folder,
                      const plan::Dataset& dataset, std::vector<Finding>& findings) {
  if (static_cast<int>(listing.cases.size()) == dataset.training_cases) return;
  findings.push_back({(folder / "dataset.json").string(),
                      "numTraining is " + std::to_string(dataset.training_cases) + ", but " +
                          std::to_string(listing.cases.size()) + " training case(s) are there",
                      "correct numTraining, or add the missing cases"});
}

void find_labels_without_scan(const CaseListing& listing, const fs::path& folder,
                              const plan::Dataset& dataset, std::vector<Finding>& findings) {
  if (dataset.json.is_object() && dataset.json.contains("dataset")) return;
  for (const std::string& name : file_names(folder / "labelsTr")) {
    const fs::path file = folder / "labelsTr" / name;
    const bool known =
        std::ranges::any_of(listing.cases, [&](const Case& files) { return files.label == file; });
    if (!known && name.ends_with(dataset.file_ending))
      findings.push_back({file.string(), "belongs to no scan in imagesTr",
                          "name it like its scan without the channel number, or remove it"});
  }
}

}  // namespace

std::vector<Finding> verify_dataset(const fs::path& folder, const plan::Dataset& dataset,
                                    const VerifyOptions& options, const Reporter& reporter) {
  const CaseListing listing = list_training_cases(folder, dataset);
  std::vector<Finding> findings = listing.findings;
  if (!dataset.file_ending.starts_with('.')) return findings;  // nothing else could be found
  find_wrong_count(listing, folder, dataset, findings);
  find_labels_without_scan(listing, folder, dataset, findings);
  const auto reader = known_reader(dataset, cases_with_all_files(listing), findings);
  if (!reader) return findings;
  const CaseReading reading{dataset, *reader};
  std::vector<VerifiedCase> cases(listing.cases.size());
  for_each_case(listing.cases.size(),
                {options.jobs, "verifying", reporter, options.memory,
                 [&](std::size_t i) { return reading_need(listing.cases[i]); }},
                [&](std::size_t i, const Reporter& serial) {
                  if (is_complete(listing.cases[i]))
                    cases[i] = verified(listing.cases[i], reading, serial);
                });
  find_other_units(listing, cases);
  for (VerifiedCase& one : cases) std::ranges::move(one.findings, std::back_inserter(findings));
  return findings;
}

}  // namespace seg::data
