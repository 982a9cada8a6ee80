#pragma once

#include <filesystem>

#include "seg/plan/files.hpp"
#include "topic.hpp"

namespace seg::oracles {

// Parts of pipeline/evaluation beside the summaries.

/// Which post-processing nnU-Net chose, its report, and its files.
void check_postprocessing(const std::filesystem::path& folder, const Json& recorded,
                          const Tell& tell);

/// Masks of which only the largest part was kept.
void check_components(const std::filesystem::path& folder, const Json& recorded, const Tell& tell);

/// Averaged probabilities and the label maps made from them.
void check_ensembles(const std::filesystem::path& folder, const Json& recorded, const Tell& tell);

/// A summary.json with the names of its files without their folders, which are another machine's.
Json with_file_names(Json summary);

}  // namespace seg::oracles
