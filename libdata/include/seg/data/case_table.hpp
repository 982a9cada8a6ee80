#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "seg/data/cases.hpp"

namespace seg::data {

/// A dataset as people have it: which files belong to whom.
struct CaseTable {
  std::string source;  ///< names it in errors: a file or a folder
  std::vector<std::string> channel_names;
  std::vector<Case> cases;  ///< sorted by name, each with all channels, perhaps without label map
  std::map<std::string, std::string> groups;  ///< of cases, such as patients; empty if not told
};

/// A table of comma-separated values with the columns "case", "label" (may be empty), perhaps
/// "group", and one for each channel, named as it is. Files are relative to the table's folder; a
/// folder is one of a DICOM series.
/// @throws Error for a row without case or channel, a case named twice, a file that is not there.
CaseTable read_case_table(const std::filesystem::path& table);

/// What the files of a channel, or label maps, are called.
struct FilePattern {
  std::string name;  ///< of the channel
  /// Relative to the folder, such as "{group}/{case}/*_t1.nii.gz". {case} stands for the name of
  /// the case and {group} for that of its group, each within one folder's or file's name; * for any
  /// characters within one; ? for one character.
  std::string pattern;
};

struct CasePatterns {
  std::vector<FilePattern> channels;
  std::string label;  ///< pattern of the label maps; empty: there are none
};

/// The cases of a folder whose files follow patterns, at any depth. Links are followed to files.
/// A file that the label maps' pattern fits is no image of a channel.
/// @throws Error for a pattern without {case}, one that nothing follows, two files of one channel,
/// a case that lacks a channel, a name that could not be a file's.
CaseTable cases_by_pattern(const std::filesystem::path& folder, const CasePatterns& patterns);

/// What is taken of a dataset in BIDS.
struct BidsFiles {
  std::vector<std::string> channels;  ///< ends of names without ending: "T1w", "acq-fast_FLAIR"
  std::string segmentation = "dseg";  ///< the same of label maps, in a folder of derivatives
  std::string derivative;             ///< its name; empty: whichever has them
};

/// The cases of a dataset as the Brain Imaging Data Structure lays it out (bids.neuroimaging.io,
/// version 1.10): sub-X[/ses-Y]/TYPE/sub-X[_ses-Y][_...]_SUFFIX.nii.gz, segmentations in
/// derivatives/NAME/ in the same folders. A case is a session of a subject, or a run of one
/// (sub-X_ses-Y_run-Z); its group is the subject.
/// @throws Error as cases_by_pattern() does.
CaseTable bids_cases(const std::filesystem::path& folder, const BidsFiles& files);

}  // namespace seg::data
