#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "predict/scan_scores.hpp"
#include "predict/segment.hpp"
#include "seg/data/ranks.hpp"
#include "seg/plan/reporter.hpp"

namespace seg::train {

/// What a case may take while it is worked on; see ScanAdmission.
struct CaseRoom {
  std::shared_ptr<void> memory{};  ///< that is free when the case is written
  ScratchFolders scratch{};        ///< for what does not fit into it
};

/// A case before the networks.
struct PreparedCase {
  std::string name;
  at::Tensor input;  ///< float32 [C, Z, Y, X], see network_input()
  data::CaseProperties properties;
  CaseRoom room{};
};

/// What the networks made of it.
struct SegmentedCase {
  std::string name;
  at::Tensor labels;      ///< int16 [Z, Y, X], the scan's own grid and axis order
  at::Tensor next_stage;  ///< int16 [Z, Y, X] on the grid of a cascade's next stage, if asked for
  ScanScores scores;      ///< those that are wanted
  data::CaseProperties properties;
  CaseRoom room{};  ///< the prepared case's
};

/// What segments all cases of a run.
struct Segmenter {
  const plan::Experiment& experiment;
  Networks networks;  ///< on window.device; their logits are averaged
  SlidingWindowOptions window;
  WantedScores scores{};
  std::optional<plan::Configuration> next_stage{};  ///< whose grid is segmented, too
};

/// One case through the networks.
SegmentedCase segment_case(const Segmenter& segmenter, PreparedCase prepared);

/// Where the cases of a run come from and where they go.
struct CaseFlow {
  std::vector<std::string> names;
  std::function<PreparedCase(std::size_t index, const Reporter&)> source;
  std::function<void(const SegmentedCase&)> sink;
  std::string activity = "segmenting";      ///< for Reporter::progress
  const std::atomic<bool>* stop = nullptr;  ///< when it becomes true, no further case is begun
  data::Ranks* ranks = nullptr;             ///< that share the cases, each what it comes to
};

/// Every case from its source through the networks to its sink. The three steps work at the same
/// time, each on a case of its own: source and sink in threads, the networks in the caller's. A
/// case that fails drops out; after a sink that failed no further case is begun, because what
/// cannot be written now cannot be written later either.
/// @returns the names of the cases that reached the sink, of all ranks.
/// @throws Error naming each case that failed, after the others are done.
std::vector<std::string> segment_cases(const Segmenter& segmenter, const CaseFlow& flow,
                                       const Reporter& reporter);

/// Names of a case's files.
struct SegmentationFiles {
  std::filesystem::path labels;
  std::filesystem::path stem;  ///< of the probabilities: without ending
  std::filesystem::path uncertainty{};
  std::filesystem::path probability_image{};
  std::filesystem::path record{};      ///< see SegmentationRecord
  std::filesystem::path statistics{};  ///< of a single scan, without ending; else of all together
};

/// Writes the label map and the probabilities, if they were kept.
void write_segmentation(const SegmentationFiles& files, const SegmentedCase& segmented);

}  // namespace seg::train
