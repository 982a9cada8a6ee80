#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "seg/plan/files.hpp"

namespace seg::plan {

/// One entry of "labels" in dataset.json: a label has one value, a region the values of all its
/// labels.
struct LabelEntry {
  std::string name;
  std::vector<int> values;
  bool is_list = false;  ///< [2] or [1, 2] in the file, not 2
};

/// nnU-Net v2's dataset.json.
struct Dataset {
  std::string name;                        ///< folder name, for example Dataset004_Hippocampus
  std::vector<std::string> channel_names;  ///< in the file's order ("modality" in old files)
  std::vector<LabelEntry> labels;          ///< in the file's order, background and ignore included
  std::vector<int> regions_class_order;    ///< label written for each region; empty without regions
  int training_cases = 0;                  ///< numTraining
  std::string file_ending;                 ///< with the dot, for example ".nii.gz"
  std::optional<std::string> image_reader_writer;  ///< overwrite_image_reader_writer
  Json json;                                       ///< the file as read, unknown keys included
};

/// Checks and converts. `source` names the file in errors; `name` becomes Dataset::name.
/// @throws Error for a missing key, a label without background, regions without
/// regions_class_order, ...
Dataset dataset_from_json(const Json& json, const std::string& name, const std::string& source);

/// Reads FOLDER/dataset.json; Dataset::name is the folder's name.
Dataset read_dataset(const std::filesystem::path& folder);

}  // namespace seg::plan
