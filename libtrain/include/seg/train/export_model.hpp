#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "seg/plan/reporter.hpp"

namespace seg::train {

struct ExportModelOptions {
  std::vector<std::string> folds;                 ///< empty: all that have the checkpoints
  std::vector<std::string> checkpoints{"final"};  ///< of each fold: final, best, latest
  bool overwrite = false;                         ///< else a zip that is there is refused
};

/// Packs trained models into a zip as nnUNetv2_export_model_to_zip does, which it and
/// install_model() unpack: <dataset>/<model folder>/ with plans.json, dataset.json, the
/// fingerprint if there is one, and of each fold the checkpoints, progress.png and the final
/// validation's summary.json. Written atomically.
/// Warns of folds that are left out because they lack a checkpoint.
/// @param models model folders, such as the stages of a cascade.
/// @throws Error for what is no model folder, a fold or checkpoint that is missing, and where the
/// zip cannot be written, is there already, or is not named .zip.
void export_models(const std::vector<std::filesystem::path>& models,
                   const std::filesystem::path& zip, const ExportModelOptions& options,
                   const Reporter& reporter = {});

/// What it would write and pack, one line each. Writes nothing. @throws Error as it does.
std::vector<std::string> export_intentions(const std::vector<std::filesystem::path>& models,
                                           const std::filesystem::path& zip,
                                           const ExportModelOptions& options,
                                           const Reporter& reporter = {});

}  // namespace seg::train
