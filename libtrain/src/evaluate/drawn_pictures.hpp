#pragma once

#include "predict/segmentation_record.hpp"
#include "seg/train/overlay.hpp"

namespace seg::train {

/// A picture and where its record lies.
SegmentationFiles picture_files(const std::filesystem::path& picture);

/// What it is drawn of.
SegmentationRecord record_of_picture(const OverlayFiles& files);

}  // namespace seg::train
