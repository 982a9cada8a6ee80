#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "seg/train/predictor.hpp"

namespace seg::app {

/// Segments the scans that a file (-: standard input) names, one a line, as the lines come. Each is
/// answered by a line of JSON on standard output when it is done: {"case": ..., "scan": ...,
/// "output": ..., "seconds": ...}, or with "error" and "kind" instead of "output".
/// @returns names of the cases.
/// @throws Error when the model cannot be loaded, and at the end if a scan failed.
std::vector<std::string> predict_list(const std::string& list, const std::filesystem::path& model,
                                      const std::filesystem::path& output,
                                      const train::PredictOptions& options);

}  // namespace seg::app
