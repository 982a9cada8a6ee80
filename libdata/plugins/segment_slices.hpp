#pragma once

#include <vector>

#include "image/dicom_segmentation_file.hpp"

namespace seg::dicom_seg {

/// Of a slice.
std::size_t pixels(const data::DicomSegmentation& content);

/// Of each segment the slices in which it is seen, rising; of one that is seen nowhere the first.
std::vector<std::vector<std::size_t>> slices_of_segments(const data::DicomSegmentation& content);

/// Whether a voxel can be in several segments.
bool overlap(const std::vector<data::DicomSegment>& segments);

}  // namespace seg::dicom_seg
