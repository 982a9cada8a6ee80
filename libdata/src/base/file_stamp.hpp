#pragma once

#include <filesystem>

#include "seg/plan/files.hpp"

namespace seg::data {

/// What tells whether a file is still the one that something was made from: path, size and time of
/// the last change.
Json file_stamp(const std::filesystem::path& file);

}  // namespace seg::data
