#pragma once

#include <filesystem>
#include <vector>

namespace seg::train {

/// Unpacks a zip made by nnUNetv2_export_model_to_zip (or of seg's own results) into `output`:
/// OUTPUT/<dataset>/<trainer>__<plans>__<configuration>/fold_K/checkpoint_*.pth, with plans.json
/// and dataset.json. Either everything is there in the end, or nothing.
/// @returns the model folders.
/// @throws Error for a file that is no zip or is damaged, one without a model, names that would
/// lead out of the folder, links, models that are there already, and a full disk.
std::vector<std::filesystem::path> install_model(const std::filesystem::path& zip,
                                                 const std::filesystem::path& output);

}  // namespace seg::train
