#pragma once

#include <filesystem>
#include <optional>

#include "seg/data/verify.hpp"

namespace seg::data {

/// What to say of a folder that holds no scans itself, when they lie in folders further below it,
/// as an archive of studies has them: some of them, and what to give instead. Nothing without any.
/// The first ten thousand files and folders are looked at, six folders deep.
std::optional<Finding> scans_further_below(const std::filesystem::path& folder);

}  // namespace seg::data
