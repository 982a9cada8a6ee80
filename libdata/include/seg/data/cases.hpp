#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "seg/data/image.hpp"
#include "seg/plan/dataset.hpp"
#include "seg/plan/reporter.hpp"

namespace seg::data {

/// The files of one scan.
struct Case {
  std::string name;  ///< hippocampus_001
  /// hippocampus_001_0000.nii.gz, ..., in channel order; a colour picture may hold all channels.
  std::vector<std::filesystem::path> channels;
  std::optional<std::filesystem::path> label;  ///< label map, if there is one
  /// Why its files' names already tell that it cannot be read; see require_readable().
  std::optional<ErrorParts> problem{};
};

/// Cases of FOLDER/imagesTr with their FOLDER/labelsTr, sorted by name; honours a "dataset" key
/// with explicit paths.
/// @throws Error when the folder is missing or empty, or a case lacks a channel or its label; names
/// the nearest file found.
std::vector<Case> training_cases(const std::filesystem::path& folder, const plan::Dataset& dataset);

/// Cases of a folder of scans, or of one file (its sibling channels are found), sorted by name,
/// without labels. A scan of one file needs no channel number in its name. Where a folder holds no
/// file with the model's ending, those of another one that seg reads are taken; where it holds
/// both, a warning says what is left out. The folder of a DICOM series is a scan of one channel,
/// named as the folder is (case_0000, case_0001 for several channels), wherever it lies among
/// files; given itself, it is the one scan. Whether all channels of a folder's cases are there
/// shows when they are read. A file of a folder whose name is wrong (no channel number, one beyond
/// the channels, that of another case) is a case with a problem, so that it does not stop others.
/// @throws Error for a folder that is missing or empty or holds no other than such files; for one
/// file whose channels are not there; for files of several other endings; for a file that is no
/// image.
std::vector<Case> cases_to_predict(const std::filesystem::path& scans, int channels,
                                   const std::string& file_ending, const Reporter& reporter = {});

/// @throws Error for a case with a problem.
void require_readable(const Case& scan);

/// @throws Error, naming the scan's files, for voxels that are NaN or infinite (how many, and where
/// the first is) or a spacing that is not above 0.
void check_scan(const Case& scan, const Image& image);

}  // namespace seg::data
