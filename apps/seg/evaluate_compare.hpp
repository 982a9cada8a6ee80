#pragma once

#include <filesystem>
#include <functional>

#include "seg/plan/files.hpp"
#include "seg/train/evaluate.hpp"
#include "seg/train/paired.hpp"

namespace seg::app {

struct CompareArguments {
  train::EvaluationFiles files;  ///< of two folders of predictions, or summaries
  bool allow_missing = false, json = false;
  train::ClassNames names;  ///< of labels, where they are known
};

/// The summary in a folder of predictions, or the file itself; warns where it is stale.
/// @throws Error when it is none.
Json read_summary(const std::filesystem::path& place);

/// Prints how two predictions of the same cases differ, as JSON if that is asked for.
/// @param evaluated the summary of a folder, when it shall be made anew; empty: it is read.
void compare_predictions(
    const CompareArguments& arguments,
    const std::function<Json(const std::filesystem::path& prediction)>& evaluated);

}  // namespace seg::app
