#pragma once

#include <ATen/ATen.h>

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "seg/data/cases.hpp"
#include "seg/data/crop.hpp"
#include "seg/data/image.hpp"
#include "seg/plan/labels.hpp"
#include "seg/plan/plans.hpp"
#include "seg/plan/reporter.hpp"

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
PreprocessedCase preprocess(const Image& image, const at::Tensor& label, const plan::Plans& plans,
                            const plan::Configuration& configuration);

/// Target spacing of a case in transposed order: the plan's, with the case's own first-axis spacing
/// in front for 2d.
std::array<double, 3> target_spacing(const plan::Configuration& configuration,
                                     const std::array<double, 3>& transposed_spacing);

/// Up to 10 000 voxels of each foreground class (at least 1 %), drawn without replacement, as
/// nnU-Net's class_locations: int32 [n, 3] per class in Labels::foreground() order; with an ignore
/// label, one more entry for all annotated voxels.
std::vector<at::Tensor> class_locations(const at::Tensor& seg, const plan::Labels& labels);

/// What a dataset is preprocessed for, and where to.
struct PreprocessDatasetOptions {
  plan::Dataset dataset;
  plan::Plans plans;
  std::string configuration;
  std::filesystem::path folder;
  int jobs = 1;  ///< cases at the same time; memory grows with it
};

/// Preprocesses cases into FOLDER/<case>.npy, <case>_seg.npy, <case>.json (atomically). Cases whose
/// record says that they were made from the same files with the same settings are skipped.
void preprocess_dataset(const std::vector<Case>& cases, const PreprocessDatasetOptions& options,
                        const Reporter& reporter = {});

}  // namespace seg::data
