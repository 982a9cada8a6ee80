#pragma once

#include <filesystem>

namespace seg::app {

/// Where seg plan makes the work folder of a dataset unless it is told: seg_work/<dataset>, in the
/// folder that nnUNet_preprocessed names, or here.
/// @throws CLI::ValidationError when the variable names no folder.
std::filesystem::path default_work(const std::filesystem::path& dataset);

}  // namespace seg::app
