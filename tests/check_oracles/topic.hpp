#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace seg::oracles {

/// How one recorded case went.
struct Outcome {
  std::string name;
  double deviation = 0;  ///< largest, in the measure of the topic
  std::string note{};    ///< a further figure, for the reader
  std::string fault{};   ///< what is wrong; empty when all is within the topic's tolerance
};

using Tell = std::function<void(const Outcome&)>;

/// One kind of recorded outputs: how to know its folders and how to replay them.
///
/// A new topic is a source file with a function that returns its Topic, declared below and named in
/// all_topics().
struct Topic {
  std::string name;
  std::function<bool(const std::filesystem::path& folder)> recognises;
  /// Tells the outcome of every case in the folder. May throw: the folder then counts as one
  /// failed case.
  std::function<void(const std::filesystem::path& folder, const Tell& tell)> check;
};

/// Runs one case; what it throws becomes the fault.
Outcome attempt(const std::string& name, const std::function<void(Outcome&)>& run);

/// Whether the manifest.json of a folder says that it is about this topic.
bool is_about(const std::filesystem::path& folder, const std::string& topic);

/// Takes a deviation into the outcome; beyond the tolerance it is a fault.
void judge(Outcome& outcome, double deviation, double tolerance);

Topic planner_topic();          ///< planner/case_*.json: plans from recorded fingerprints
Topic plans_topic();            ///< folders with a dataset, its fingerprint and *Plans.json
Topic fingerprint_topic();      ///< pipeline/fingerprint, and dataset folders with a fingerprint
Topic em2d_topic();             ///< pipeline/em2d: pictures measured, planned and preprocessed
Topic losses_topic();           ///< pipeline/losses: gradients, optimiser, online evaluation
Topic crossval_topic();         ///< pipeline/crossval: splits and the draws behind them
Topic patch_sampling_topic();   ///< pipeline/patch_sampling: where patches lie and how large they
                                ///< are
Topic transforms_topic();       ///< pipeline/transforms: augmentation with fixed parameters
Topic trainers_topic();         ///< pipeline/trainers: what nnU-Net's trainers do otherwise
Topic skeleton_recall_topic();  ///< pipeline/skeleton_recall: thinning and the loss
Topic resampling_topic();  ///< pipeline/resampling: images, labels, the rule of the coarse axis
Topic torch_resampling_topic();  ///< pipeline/torch_resampling: LibTorch's interpolation, planners
Topic normalization_topic();     ///< pipeline/normalization: every scheme
Topic preprocess_topic();        ///< pipeline/preprocess: whole cases
Topic readers_topic();           ///< pipeline/readers: files as nnU-Net's image readers take them
Topic sliding_window_topic();    ///< pipeline/sliding_window: tiles, importance, padding, mirroring
Topic inference_topic();         ///< pipeline/inference: label maps of nnU-Net's trained models
Topic evaluation_topic();        ///< pipeline/evaluation: summaries, post-processing, ensembles
Topic surface_metrics_topic();   ///< pipeline/surface_metrics: distances between surfaces
Topic networks_topic();          ///< networks: names, outputs and gradients of known architectures
Topic checkpoints_topic();       ///< networks/checkpoints: files of torch.save

std::vector<Topic> all_topics();

}  // namespace seg::oracles
