#pragma once

#include <filesystem>
#include <string>

#include "seg/plan/reporter.hpp"

namespace seg::data {

/// The ending of the scans in a folder that are to be segmented: the model's own where there are
/// such files (a warning says what is left out then), else the one that there is.
/// @throws Error for several other endings.
std::string ending_in_folder(const std::filesystem::path& folder, const std::string& own,
                             const Reporter& reporter);

}  // namespace seg::data
