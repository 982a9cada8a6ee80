#pragma once

#include <map>

#include "report/evaluation.hpp"
#include "seg/data/cases.hpp"
#include "seg/train/overlay.hpp"

namespace seg::train {

/// What is painted of a case.
struct CaseImages {
  OverlayInput input;     ///< without a reference where there is none
  bool has_scan = false;  ///< else the scan is black: only label maps were found
};

/// Finds the scans and label maps of cases, which records and summaries name as they were seen from
/// where a command ran.
class CaseFinder {
 public:
  /// @param scans folder of scans; empty: the dataset of the work folder, or the input that the
  /// predictions' record names. Where there are none, a notice says so.
  CaseFinder(const ReportSources& sources, const std::filesystem::path& scans, Notices& notices);

  /// @param folder that holds plans.json, whose reader images are read by.
  /// @throws Error when the prediction cannot be read or has another shape than the others.
  CaseImages read(const CaseResult& result, const std::filesystem::path& folder) const;

 private:
  std::filesystem::path reference_of(const CaseResult& result) const;

  const ReportSources& sources_;
  Notices& notices_;
  std::map<std::string, data::Case> cases_;
};

}  // namespace seg::train
