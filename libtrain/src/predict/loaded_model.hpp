#pragma once

#include <memory>
#include <mutex>

#include "predict/segment_cases.hpp"
#include "seg/data/cases.hpp"
#include "seg/data/scan_reading.hpp"
#include "seg/train/model.hpp"
#include "seg/train/predictor.hpp"

namespace seg::train {

/// How a model's window moves, by the options and by what its training allows.
SlidingWindowOptions window_options(const Model& model, const PredictOptions& options);

/// How scans are read for a model.
data::ScanReading scan_reading(const Model& model, const PredictOptions& options);

/// The model folder beside `folder` that makes what its cascade starts from.
/// @throws Error when there is none.
std::filesystem::path previous_stage_model(const std::filesystem::path& folder,
                                           const plan::Configuration& configuration);

/// Preprocesses a scan that was read, in a cascade with the previous stage's labels of it (int16
/// [1, Z, Y, X]; undefined else) as further channels.
PreparedCase prepare_scan(const data::Case& scan, const data::Image& image,
                          const at::Tensor& previous, const Model& model);

/// A model that stays in memory, on its device, with the stage of a cascade before it.
struct LoadedModel {
  Model model;
  SlidingWindowOptions window;
  data::ScanReading reading;
  std::unique_ptr<LoadedModel> previous;
  std::mutex networks;  ///< held while they run: they take all threads
};

std::unique_ptr<LoadedModel> load_to_stay(const std::filesystem::path& folder,
                                          const PredictOptions& options,
                                          const Reporter& reporter = {});

/// Is told of a step ("preparing", "networks", "labels") and how much of it is done; what it throws
/// ends the segmentation.
using StepSink = std::function<void(const std::string& step, std::size_t done, std::size_t total)>;

/// What a scan in memory is segmented into.
struct SegmentedScan {
  at::Tensor labels;  ///< int16 [Z, Y, X]
  ScanScores scores;  ///< those that are wanted
};

/// A scan in memory, in the order of its file, with its results in the same order. A cascade runs
/// all its stages.
SegmentedScan segment_in_memory(LoadedModel& model, const data::Image& scan,
                                const WantedScores& wanted, const StepSink& step);

}  // namespace seg::train
