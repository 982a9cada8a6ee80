#pragma once

#include <set>
#include <string>
#include <vector>

#include "seg/data/cases.hpp"
#include "seg/data/image.hpp"
#include "seg/data/parallel_cases.hpp"
#include "seg/data/verify.hpp"
#include "seg/plan/dataset.hpp"
#include "seg/plan/reporter.hpp"

namespace seg::data {

/// A training case as read.
struct LabelledImage {
  Image image;
  Image label;  ///< data is int16 [1, Z, Y, X]
};

/// What makes a case unusable: a wrong number of channels, NaN or infinite voxels, a spacing that
/// is not above 0, a label map of another shape, label values that dataset.json does not name.
std::vector<Finding> content_findings(const Case& files, const LabelledImage& scan,
                                      const plan::Dataset& dataset);

/// Channels, and a label map of the scan's shape, that do not lie in the scan's place.
std::vector<Finding> geometry_findings(const Case& files, const LabelledImage& scan);

/// How the training cases of a dataset are read.
struct CaseReading {
  const plan::Dataset& dataset;
  ImageReader reader{};
};

/// The values that a label map holds (int16), and a list of them for messages: "0, 1, 7".
std::set<int> label_values(const at::Tensor& label);
std::string listed(const std::set<int>& values);

/// What reading a training case takes; nothing for one that cannot be read.
CaseNeed reading_need(const Case& files);

/// Reads a training case. @throws Error for the first thing that makes it unusable; a geometry that
/// disagrees is a warning.
LabelledImage read_labelled_image(const Case& files, const CaseReading& reading,
                                  const Reporter& reporter);

}  // namespace seg::data
