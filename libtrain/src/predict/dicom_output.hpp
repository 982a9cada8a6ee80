#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "predict/written_labels.hpp"
#include "seg/data/cases.hpp"
#include "seg/data/dicom_segmentation.hpp"
#include "seg/plan/files.hpp"

namespace seg::train {

/// The segments of DICOM Segmentations: the labels or regions that are written, with their terms.
/// @throws Error when this build cannot write them, for masks beside them, for terms that are not
/// as plan::segment_terms() wants them, and for a label that cannot be a segment's name.
std::vector<data::DicomSegment> dicom_segments(const WrittenLabels& written,
                                               const PredictOptions& options,
                                               const plan::Dataset& dataset);

/// @throws Error for a terminology where `file` is no DICOM Segmentation.
void refuse_terminology(const PredictOptions& options, const std::filesystem::path& file);

/// @throws Error for a scan that is no DICOM, from whose slices a DICOM Segmentation `file` could
/// not be made, and for a file among them.
void require_dicom_scan(const data::Case& scan, const std::filesystem::path& file);

/// For records: what of segments is no voxel.
Json to_json(const std::vector<data::DicomSegment>& segments);

}  // namespace seg::train
