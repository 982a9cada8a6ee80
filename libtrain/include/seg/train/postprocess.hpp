#pragma once

#include <ATen/ATen.h>

#include <filesystem>
#include <string>
#include <vector>

#include "seg/plan/files.hpp"
#include "seg/plan/reporter.hpp"
#include "seg/train/evaluate.hpp"

namespace seg::train {

/// A step of post-processing: of the voxels that have one of these labels, only the largest
/// connected part stays; the others become background.
struct KeepLargest {
  std::vector<int> labels;
  bool operator==(const KeepLargest&) const = default;
};

/// Runs the steps one after the other on a label map (int16 [(1,) Z, Y, X]); the input stays as it
/// is. Voxels are connected when they touch, also at a corner; parts of equal size all stay.
at::Tensor postprocess(const at::Tensor& labels, const std::vector<KeepLargest>& steps);

/// Steps that improve the segmentations of a folder, and its summaries without and with them.
struct PostprocessingDecision {
  std::vector<KeepLargest> steps;
  Json before, after;
};

/// nnU-Net's determine_postprocessing. All foreground as one part is tried first, and taken if the
/// mean Dice gets better and no class worse; then, if there are several classes, each one in turn,
/// taken if its own Dice gets better.
PostprocessingDecision decide_postprocessing(const ComparedFolders& folders,
                                             const Reporter& reporter = {});

/// nnU-Net's postprocessing.json: the steps, and what they do to the mean of every class.
Json to_json(const PostprocessingDecision& decision, const plan::Labels& labels);

/// @throws Error for what an output folder or, of a decision, a folder of predictions holds already
/// that would be lost: label maps that seg did not make of the same ones by post-processing, and
/// what lies in their place; see refuse_to_replace_others() for the summary.
void refuse_to_replace_cleaned(const std::filesystem::path& input,
                               const std::filesystem::path& output, const EvaluateOptions& options);
void refuse_to_replace_decision(const std::filesystem::path& predictions,
                                const std::filesystem::path& reference);

/// Decides, and writes into the folder of predictions what nnU-Net writes there: summary.json,
/// postprocessing.json, postprocessing.pkl and postprocessed/, with a summary of its own. A
/// summary.json of the same that measured more stays.
PostprocessingDecision determine_postprocessing(const ComparedFolders& folders,
                                                const Reporter& reporter = {});

/// What it would write, one line for each. Writes nothing. @throws Error as check_folders().
std::vector<std::string> decision_intentions(const ComparedFolders& folders,
                                             const Reporter& reporter = {});

/// Steps in a postprocessing.json or postprocessing.pkl, seg's or nnU-Net's.
/// @throws Error for other content, and for steps that seg does not know.
std::vector<KeepLargest> read_postprocessing(const std::filesystem::path& file);

/// Runs the steps on every label map of a folder and writes OUTPUT/<same name> on the same grid;
/// dataset.json is copied if there is one, and OUTPUT/records/ says what each is made of. Replaces
/// what is there: see refuse_to_replace_cleaned(). @returns the names, without ending.
/// @throws SomeFailed when some cannot be read; the others are written.
std::vector<std::string> postprocess_folder(const std::filesystem::path& input,
                                            const std::filesystem::path& output,
                                            const std::vector<KeepLargest>& steps,
                                            const EvaluateOptions& options,
                                            const Reporter& reporter = {});

/// What it would write, one line for each file. Writes nothing. @throws Error as it does for
/// folders.
std::vector<std::string> postprocess_intentions(const std::filesystem::path& input,
                                                const std::filesystem::path& output,
                                                const EvaluateOptions& options);

}  // namespace seg::train
