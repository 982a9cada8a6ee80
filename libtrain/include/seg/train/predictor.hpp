#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "seg/plan/reporter.hpp"

namespace seg::train {

struct PredictOptions {
  std::vector<std::string> folds{"all"};
  std::string checkpoint = "final";  ///< final or best
  bool mirroring = true;
  double step_size = 0.5;
  bool save_probabilities = false;
  int num_parts = 1, part_id = 0;  ///< predict every num_parts-th case, starting with part_id
  bool overwrite = false;          ///< else cases whose output exists are skipped
  std::string device = "auto", precision = "auto";
  int threads = 0;
};

/// Segments a folder of scans, or one file, with a trained model; writes OUTPUT/<case><file_ending>
/// and copies of dataset.json and plans.json. The next case is prepared while one is computed and
/// the last one is written.
/// @returns the cases that were written.
std::vector<std::string> predict(const std::filesystem::path& model,
                                 const std::filesystem::path& scans,
                                 const std::filesystem::path& output, const PredictOptions& options,
                                 const Reporter& reporter = {});

}  // namespace seg::train
