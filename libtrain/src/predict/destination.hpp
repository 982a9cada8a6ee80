#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "predict/segment_cases.hpp"
#include "seg/plan/error.hpp"
#include "seg/train/predictor.hpp"

namespace seg::train {

/// Where segmentations go: into a folder, or, of a single scan, into one file.
struct Destination {
  std::filesystem::path folder;
  std::optional<std::filesystem::path> file;

  SegmentationFiles files(const std::string& name, const std::string& ending) const;
};

/// @throws Error for an output that is the folder of the scans, a name that is neither that of a
/// folder nor of a file in which label maps are written, one file for a folder of them (that
/// of a DICOM series is one scan), and a file whose name says another type than
/// options.output_type.
Destination destination_of(const std::filesystem::path& output, const std::filesystem::path& scans,
                           const PredictOptions& options);

/// Why a case's further files (its masks in the folder STEM, its probabilities' STEM.json) would
/// lie among others, which seg writes in the same folder; nothing if they would not.
/// @param first_stage name of a cascade's folder of these segmentations.
std::optional<ErrorParts> taken_name(const std::filesystem::path& stem,
                                     const PredictOptions& options,
                                     const std::optional<std::string>& first_stage);

}  // namespace seg::train
