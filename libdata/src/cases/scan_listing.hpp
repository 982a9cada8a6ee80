#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cases/case_listing.hpp"

namespace seg::data {

/// What the scans of a folder are called.
struct Naming {
  std::filesystem::path folder;
  std::size_t channels;
  std::string ending;        ///< empty for folders of a DICOM series each
  bool plain_names = false;  ///< a scan of one file needs no channel number
};

/// What follows the case in a channel's name: _0001.
std::string channel_number(std::size_t channel);

/// What a name says: case_0001.nii.gz is channel 1 of "case".
using CaseAndChannel = std::pair<std::string, std::size_t>;
/// Nothing for a name without channel number.
std::optional<CaseAndChannel> case_and_channel(const std::string& name, const std::string& ending);

/// Whether a name's number is one: cell_0001.tif is no channel of a scan of one, unless
/// cell_0000.tif is there.
bool is_channel(const CaseAndChannel& parts, const Naming& naming);

/// The files that a case has to have.
Case case_of(const std::string& name, const Naming& naming);

/// A name without the ending.
std::string stem_of(const std::string& name, const Naming& naming);

/// Cases by name, and what is wrong with names.
struct FoundScans {
  std::map<std::string, Case> cases;
  std::vector<Finding> findings;
};

/// Adds what those of the names are that have the ending.
void add_scans(const std::vector<std::string>& names, const Naming& naming, FoundScans& found);

CaseListing listing_of(FoundScans found);

Finding without_channel_number(const std::filesystem::path& file);
/// A folder of a DICOM series, or a DICOM file of several frames.
Finding one_channel_only(const std::filesystem::path& scan, std::size_t channels);
Finding wrong_ending(const std::string& file, const std::string& ending);

void find_missing_files(CaseListing& listing);
void find_nothing_at_all(CaseListing& listing, const Naming& naming);

/// @throws Error for the first finding.
std::vector<Case> complete_cases(CaseListing listing);

}  // namespace seg::data
