#pragma once

#include "api/inside.hpp"

namespace seg {

/// Predictor::segment(), in the calling thread.
Segmentation segment_image(Predictor::Inside& inside, const Image& image,
                           const SegmentControl& control);

/// Predictor::memory_needed(); the voxels of the image are not looked at.
MemoryNeed memory_of(Predictor::Inside& inside, const Image& image, const SegmentControl& control);

}  // namespace seg
