#pragma once

#include <filesystem>

#include "seg/plan/files.hpp"

namespace seg::data {

/// A dataset.json of the Medical Segmentation Decathlon or of nnU-Net v1 in nnU-Net v2's form:
/// labels by name, channel_names for modality, a file ending, and no lists of files.
/// @throws Error when the file is missing or has another form.
Json converted_dataset_json(const std::filesystem::path& file);

}  // namespace seg::data
