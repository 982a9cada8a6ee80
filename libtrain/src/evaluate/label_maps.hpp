#pragma once

#include <ATen/ATen.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "seg/plan/labels.hpp"

namespace seg::train {

/// @throws Error for a folder that is not there, naming what is near it, and for a file.
void require_folder(const std::filesystem::path& folder);

/// Names of the files in a folder that end with `ending` and are not hidden, sorted.
std::vector<std::string> files_ending_with(const std::filesystem::path& folder,
                                           const std::string& ending);

/// Names of the label maps in a folder.
/// @throws Error when the folder is not there or holds none.
std::vector<std::string> label_maps(const std::filesystem::path& folder,
                                    const std::string& file_ending);

/// The same without their ending.
std::vector<std::string> cases_in(const std::filesystem::path& folder,
                                  const std::string& file_ending);

/// Values that a label map, int16, holds.
std::set<int> values_in(const at::Tensor& map);

/// Values that mean something: background, those of classes and the one to ignore.
std::set<int> named_values(const plan::Labels& labels);

}  // namespace seg::train
