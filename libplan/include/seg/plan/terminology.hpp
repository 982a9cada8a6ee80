#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "seg/plan/files.hpp"

namespace seg::plan {

/// What a thing is called in a terminology: 10200004, SCT, Liver.
struct CodedTerm {
  std::string value, scheme, meaning;
  bool operator==(const CodedTerm&) const = default;
};

/// What a label is, for formats that want to know (DICOM PS3.3, C.8.20.4). Without other terms it
/// is Tissue, as of 3D Slicer's segments that nobody described.
struct SegmentTerms {
  CodedTerm category{"85756007", "SCT", "Tissue"}, type{"85756007", "SCT", "Tissue"};
  std::optional<std::array<int, 3>> color{};  ///< to show it in: red, green, blue, 0 to 255
  bool operator==(const SegmentTerms&) const = default;
};

/// {"liver": {"category": TERM, "type": TERM, "color": [221, 130, 101]}, ...}, a TERM being
/// {"value": "10200004", "scheme": "SCT", "meaning": "Liver"}; "color" may be left out.
/// @param labels names that there may be terms of; those without keep what SegmentTerms begins as.
/// @throws Error, naming `source`, for another name, an entry that is missing or unknown, a text
/// that DICOM could not hold (see require_dicom_text) and a color that is none.
std::map<std::string, SegmentTerms> segment_terms(const Json& json,
                                                  const std::vector<std::string>& labels,
                                                  const std::string& source);

/// @throws Error, naming `where`, for a text that is empty, longer than `longest`, or has other
/// letters than ASCII's, or a backslash: whatever the character set of the patient's file is, it
/// holds this.
void require_dicom_text(const std::string& text, std::size_t longest, const std::string& where);

}  // namespace seg::plan
