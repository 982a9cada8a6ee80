#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "predict/segment_cases.hpp"
#include "seg/train/predictor.hpp"

namespace seg::train {

/// Where segmentations go: into a folder, or, of a single scan, into one file.
struct Destination {
  std::filesystem::path folder;
  std::optional<std::filesystem::path> file;

  SegmentationFiles files(const std::string& name, const std::string& ending) const;
};

/// @throws Error for an output that is the folder of the scans, one file for a folder of them (that
/// of a DICOM series is one scan), and a file whose name says another type than
/// options.output_type.
Destination destination_of(const std::filesystem::path& output, const std::filesystem::path& scans,
                           const PredictOptions& options);

}  // namespace seg::train
