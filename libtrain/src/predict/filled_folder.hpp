#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "predict/destination.hpp"
#include "seg/plan/files.hpp"
#include "seg/plan/reporter.hpp"
#include "seg/train/failure.hpp"

namespace seg::train {

/// What fills a folder with label maps.
struct Maker {
  const char* entry;       ///< of made_by, in the records of what it made
  const char* run_record;  ///< in the folder, when it has finished
};
inline constexpr Maker kPrediction{"weights", "seg_predict.json"};
inline constexpr Maker kEnsemble{"averaged", "seg_ensemble.json"};
inline constexpr Maker kPostprocessing{"postprocessing", "seg_postprocess.json"};

/// Whether it filled this folder, or began to.
bool is_filled_by(const Maker& maker, const std::filesystem::path& folder);

/// @param more names of further files that the maker writes there.
/// @throws Error for a dataset.json, plans.json or one of those in a folder that the maker did not
/// fill.
void refuse_to_lose_descriptions(const std::filesystem::path& folder, const Maker& maker,
                                 const std::vector<std::string>& more = {});

/// Warns where an earlier run's label maps lie in the folder of cases that failed now.
void tell_of_earlier(const std::filesystem::path& folder, const std::string& file_ending,
                     const std::vector<FailedCase>& failed, const Reporter& reporter);

/// Warns where records tell of label maps of these cases in another format than is written now:
/// nobody sees which are of which run.
void tell_of_other_formats(const Destination& destination, const std::string& file_ending,
                           const std::vector<std::string>& cases, const Reporter& reporter);

/// Statistics by case, of all records in a folder that have some.
Json recorded_statistics(const std::filesystem::path& folder);

}  // namespace seg::train
