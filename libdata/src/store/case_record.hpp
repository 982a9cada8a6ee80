#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "seg/data/preprocess.hpp"
#include "seg/plan/files.hpp"

namespace seg::data {

/// Files of one preprocessed case. The record is written last: with it the case is complete.
struct CaseFiles {
  std::filesystem::path data, seg, locations, record;
};
CaseFiles case_files(const std::filesystem::path& folder, const std::string& name);

/// <case>.json: where the case came from and what undoes its preprocessing.
struct CaseRecord {
  Json made_from;  ///< stamps of the source files, and the settings
  CaseProperties properties;
  std::vector<std::int64_t> location_counts;  ///< rows of the locations that belong to each class
};

void write_case_record(const std::filesystem::path& file, const CaseRecord& record);

/// @throws Error when the file is missing or is no such record.
CaseRecord read_case_record(const std::filesystem::path& file);

}  // namespace seg::data
