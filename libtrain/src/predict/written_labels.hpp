#pragma once

#include <ATen/ATen.h>

#include <filesystem>
#include <string>
#include <vector>

#include "seg/data/image.hpp"
#include "seg/plan/dataset.hpp"
#include "seg/train/predictor.hpp"

namespace seg::train {

/// A label or a region of dataset.json: the voxels that have one of its values.
struct NamedLabel {
  std::string name;
  std::vector<int> values;
};

/// What is written of a segmentation, see PredictOptions.
struct WrittenLabels {
  std::vector<NamedLabel> labels;   ///< in the order of dataset.json
  bool all = true;                  ///< whether `labels` are all there are
  bool split = false;               ///< a mask of each of them, too
  std::vector<NamedLabel> largest;  ///< of which only the largest part stays
  double remove_small = 0;          ///< mm³
};

/// @throws Error naming the setting for a label that the dataset has not, with the nearest that it
/// has; for a volume that is negative or no number; for a label whose mask could not be a file.
WrittenLabels written_labels(const PredictOptions& options, const plan::Dataset& dataset);

/// What decides on voxels, for records: {} where nothing is asked for.
Json to_json(const WrittenLabels& written);

/// The label map as it is written: int16 [Z, Y, X].
/// @throws Error for a slice, whose parts have no volume, if small ones are to go.
at::Tensor chosen_labels(const at::Tensor& labels, const data::Geometry& geometry,
                         const WrittenLabels& written);

/// <label><ending> for each label that gets a mask.
std::vector<std::string> mask_names(const WrittenLabels& written, const std::string& ending);

/// Writes FOLDER/<label><ending> with 1 where the label is, for each label that is written, whether
/// it is there or not. @returns the files.
std::vector<std::filesystem::path> write_masks(const std::filesystem::path& folder,
                                               const std::string& ending, const data::Image& chosen,
                                               const WrittenLabels& written);

}  // namespace seg::train
