#pragma once

#include <filesystem>

#include "seg/net/checkpoint_value.hpp"
#include "seg/plan/files.hpp"

namespace seg::train {

/// The checkpoint from which a run in this folder goes on: latest, else final, else best.
/// @throws Error when there is none.
std::filesystem::path checkpoint_to_resume(const std::filesystem::path& fold_folder);

/// What a checkpoint says about the run that wrote it, see recorded_options().
/// @throws Error when it is no checkpoint of seg.
Json recorded_run(const net::Value& checkpoint, const std::string& source);

/// The settings of that run.
Json recorded_settings(const std::filesystem::path& checkpoint);

}  // namespace seg::train
