#pragma once

#include <filesystem>
#include <iosfwd>
#include <vector>

namespace seg::oracles {

/// Walks the folders and replays what any topic recognises: one line per case with the largest
/// deviation and "ok" or "FAIL" (and why), then totals per topic. Recorded folders (those with a
/// manifest.json) that no topic recognises are named.
/// @returns 0 when all is well, 1 when a case failed, 2 when there was nothing to check.
int check_oracles(const std::vector<std::filesystem::path>& folders, std::ostream& out);

}  // namespace seg::oracles
