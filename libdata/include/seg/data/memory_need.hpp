#pragma once

#include "seg/data/image_header.hpp"
#include "seg/plan/experiment.hpp"

namespace seg::data {

/// Extents of a scan's preprocessed array, if nothing of it is cropped, in the plan's axis order.
std::array<std::int64_t, 3> preprocessed_shape(const ImageHeader& scan,
                                               const plan::Experiment& experiment);

/// Bytes that it takes at most to read and preprocess a scan with its label map.
std::int64_t preprocessing_memory(const ImageHeader& scan, const plan::Experiment& experiment);

}  // namespace seg::data
