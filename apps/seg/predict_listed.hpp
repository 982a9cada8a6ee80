#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "seg/train/predictor.hpp"

namespace seg::app {

struct ListArguments {
  std::string list;
  std::filesystem::path model, output;
  train::PredictOptions options;
};

using KeepCases = std::function<void(const std::vector<std::string>& cases)>;

/// Segments the scans that a file (-: standard input) names, one a line, as the lines come. Each is
/// answered by a line of JSON on standard output when it is done: {"case": ..., "scan": ...,
/// "output": ..., "seconds": ...}, or with "error" and "kind" instead of "output"; "removed" names
/// files that lay beside an earlier segmentation and are not made now.
/// At the end the folder that they went to gets dataset.json and plans.json, as by --input.
/// @param keep is then given the names of the cases that were segmented.
/// @throws Error when the model cannot be loaded, and at the end if a scan failed.
void predict_list(const ListArguments& arguments, const KeepCases& keep);

}  // namespace seg::app
