#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "seg/plan/terminology.hpp"

namespace at {
class Tensor;
}

namespace seg::data {

struct Geometry;

/// What a DICOM Segmentation tells of a label or a region: the voxels that have one of its values.
struct DicomSegment {
  std::string name;  ///< 1 to 64 letters of ASCII
  std::vector<int> values;
  plan::SegmentTerms terms{};
};

/// Where a label map comes from.
struct SegmentedSeries {
  std::filesystem::path series;  ///< the folder of slices, or a file of several frames
  const Geometry& geometry;      ///< as read
};

/// @throws Error when this build lacks the plugin that writes them (SEG_WITH_DICOM_SEG).
void require_dicom_segmentation();

/// Whether a scan is DICOM, by content: the folder of a series, or a file.
bool is_dicom_scan(const std::filesystem::path& scan);

/// Whether a file is DICOM with all its elements, as far as their lengths say.
bool is_whole_dicom(const std::filesystem::path& file);

/// Writes labels (int16 [Z, Y, X], as the scan was read) as a DICOM Segmentation object (PS3.3,
/// A.51), atomically: BINARY, a segment for each of `segments`, numbered from 1; segments whose
/// values overlap, as regions do, overlap. Frames have the rows, columns and places of the source's
/// slices. A segment has a frame for each slice that it is seen in, or, where it is seen nowhere,
/// an empty one for the first slice, as readers stumble over segments without frames. Patient,
/// study and frame of reference are the source's (a new one where it has none), and each frame
/// names the source's slice.
/// @throws Error for a source that is no longer as it was read, and when the plugin, DCMTK, the
/// folder or the disk fail; then nothing is left behind.
void write_dicom_segmentation(const std::filesystem::path& file, const at::Tensor& labels,
                              const SegmentedSeries& source,
                              const std::vector<DicomSegment>& segments);

}  // namespace seg::data
