#pragma once

#include <ATen/ATen.h>

#include "seg/data/preprocess.hpp"
#include "seg/data/resample.hpp"
#include "seg/plan/experiment.hpp"

namespace seg::train {

/// Labels on the scan's own grid (int16 [Z, Y, X], original axis order): logits are resampled,
/// turned into labels (argmax, or regions in regions_class_order), put back into the uncropped
/// array and transposed back.
/// @param logits float32 [outputs, Z, Y, X] of the preprocessed array.
/// @param properties how the scan was preprocessed.
at::Tensor logits_to_labels(const at::Tensor& logits, const data::CaseProperties& properties,
                            const plan::Experiment& experiment);

/// Labels on another grid of the same array (int16 [Z, Y, X], same axis order).
at::Tensor labels_on_grid(const at::Tensor& logits, const data::TargetGrid& grid,
                          const plan::Labels& labels);

/// The grid of the cropped scan, and labels on it brought back onto the scan.
data::TargetGrid cropped_scan(const data::CaseProperties& properties,
                              const plan::Configuration& configuration);
at::Tensor uncropped(const at::Tensor& labels, const data::CaseProperties& properties,
                     const plan::Plans& plans);

/// Probabilities on the scan's own grid: float32 [outputs, Z, Y, X]; background 1 outside the crop
/// box (regions: 0).
at::Tensor logits_to_probabilities(const at::Tensor& logits, const data::CaseProperties& properties,
                                   const plan::Experiment& experiment);

}  // namespace seg::train
