#pragma once

#include <string>
#include <utility>
#include <vector>

#include "seg/train/evaluate.hpp"
#include "seg/train/surface_metrics.hpp"

namespace seg::train {

/// Adds what is asked for to the overlap of each class.
/// @param metrics of the same label maps, by compare_segmentations.
void add_further_metrics(const ComparedMaps& maps, const plan::Labels& labels,
                         const FurtherMetrics& wanted, std::vector<Metrics>& metrics);

}  // namespace seg::train
