#pragma once

#include <filesystem>
#include <vector>

#include "seg/data/cases.hpp"
#include "seg/plan/files.hpp"

namespace seg::data {

/// What a fingerprint was measured from: {"dataset_folder", "files": stamps}. WORK keeps it to know
/// whether it still holds.
Json source_record(const std::filesystem::path& folder, const std::vector<Case>& cases);

}  // namespace seg::data
