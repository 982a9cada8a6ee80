#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>

namespace seg::app {

/// nnU-Net's variables that say where datasets, work folders and models are looked for.
inline constexpr const char* kPlaceVariables[] = {"nnUNet_raw", "nnUNet_preprocessed",
                                                  "nnUNet_results"};

/// Where seg plan makes the work folder of a dataset unless it is told: seg_work/<dataset>, in the
/// folder that nnUNet_preprocessed names, or here.
/// @throws CLI::ValidationError when the variable names no folder.
std::filesystem::path default_work(const std::filesystem::path& dataset);

/// What to do about an option's value that is a dataset's number and stands for no folder: where it
/// was looked for. Nothing for other values.
std::string where_number_was_looked_for(const CLI::App& command, const std::string& value);

}  // namespace seg::app
