#pragma once

#include <ATen/ATen.h>

#include <filesystem>
#include <string>
#include <vector>

#include "seg/plan/labels.hpp"
#include "seg/plan/reporter.hpp"

namespace seg::train {

/// Mean of the probabilities in .npz files, ours or nnU-Net's: float32 [outputs, Z, Y, X].
/// @throws Error when a file is no such file or shapes disagree.
at::Tensor average_probabilities(const std::vector<std::filesystem::path>& files);

/// Labels of the largest probability (of equal ones the first), or, with regions, of those above
/// one half in regions_class_order: int16 [Z, Y, X].
/// @throws Error when there are not as many probabilities as the labels need.
at::Tensor probabilities_to_labels(const at::Tensor& probabilities, const plan::Labels& labels);

struct EnsembleOptions {
  bool save_probabilities = false;
  int jobs = 1;  ///< cases at a time
  bool overwrite = false;
};

/// Averages what several models predicted with their probabilities saved (seg's folders or
/// nnU-Net's, all with the same cases) and writes OUTPUT/<case><file_ending>, with the labels and
/// the file ending of the first folder's dataset.json; this and plans.json are copied, and
/// OUTPUT/records/<case>.json says what a case is made of. What is there already is replaced if seg
/// averaged it of the same probabilities, else with options.overwrite only.
/// @returns the cases. @throws Error when a folder holds other cases than the first, of other scans
/// as their records tell, or has other labels; before anything is computed. SomeFailed when some
/// cannot be averaged; the others are.
std::vector<std::string> ensemble_folders(const std::vector<std::filesystem::path>& folders,
                                          const std::filesystem::path& output,
                                          const EnsembleOptions& options,
                                          const Reporter& reporter = {});

/// What it would write, one line for each file. Writes nothing. @throws Error as it does for
/// folders.
std::vector<std::string> ensemble_intentions(const std::vector<std::filesystem::path>& folders,
                                             const std::filesystem::path& output,
                                             const EnsembleOptions& options);

}  // namespace seg::train
