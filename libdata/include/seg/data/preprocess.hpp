#pragma once

#include <ATen/ATen.h>

#include <array>
#include <string>

#include "seg/data/crop.hpp"
#include "seg/data/image.hpp"
#include "seg/plan/experiment.hpp"

namespace seg::data {

/// What is needed to bring a segmentation of the preprocessed array back onto the scan.
/// Shapes and the box are in transposed axis order, spacings too.
struct CaseProperties {
  Geometry geometry;                                    ///< of the scan as read
  std::array<std::int64_t, 3> shape_before_cropping{};  ///< after transposing
  Box box;                                              ///< crop box in the transposed array
  std::array<std::int64_t, 3> shape_after_cropping{};   ///< before resampling
  std::array<double, 3> spacing{}, target_spacing{};    ///< mm
};

struct PreprocessedCase {
  at::Tensor data;  ///< float32 [C, Z, Y, X]
  at::Tensor seg;   ///< int16 [1, Z, Y, X]; undefined when the case has no label
  CaseProperties properties;
};

/// Transpose, crop to non-zero, normalise, resample: nnU-Net's DefaultPreprocessor for one case in
/// memory.
/// @param label int16 [1, Z, Y, X] or undefined.
PreprocessedCase preprocess(const Image& image, const at::Tensor& label,
                            const plan::Experiment& experiment);

/// Target spacing of a case in transposed order: the plan's, with the case's own first-axis spacing
/// in front for 2d.
std::array<double, 3> target_spacing(const plan::Configuration& configuration,
                                     const std::array<double, 3>& transposed_spacing);

/// Says so where a scan's spacing seems to be in another unit than that of the scans which the
/// plans were made of; empty otherwise.
std::string doubt_about_unit(const Image& image, const plan::Plans& plans);

}  // namespace seg::data
