#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "predict/destination.hpp"
#include "predict/segmentation_record.hpp"
#include "predict/written_labels.hpp"
#include "seg/data/cases.hpp"
#include "seg/data/dicom_segmentation.hpp"
#include "seg/data/scan_reading.hpp"
#include "seg/train/model.hpp"
#include "seg/train/predictor.hpp"
#include "seg/train/sliding_window.hpp"

namespace seg::train {

/// What all cases of a run share.
struct Prediction {
  Model model;  ///< its networks are loaded when the first case is to be segmented
  Destination destination;
  PredictOptions options;
  SlidingWindowOptions window;
  Json made_by;
  data::ScanReading reading;
  WrittenLabels written;
  std::vector<data::DicomSegment> segments;  ///< of DICOM Segmentations

  bool writes_dicom() const;
  std::string ending() const;
  SegmentationFiles files(const std::string& name) const {
    return destination.files(name, ending());
  }
  /// Where the previous stage of a cascade left its labels.
  std::filesystem::path previous_stage(const std::string& name) const {
    return *options.previous_stage / (name + model.dataset.file_ending);
  }
};

/// A scan and what it was when the run began.
struct CaseToDo {
  data::Case scan;
  SegmentationRecord record;
};

/// All that is checked of what is given, before anything is done. @throws Error as predict().
Prediction checked_prediction(const std::filesystem::path& model,
                              const std::filesystem::path& scans,
                              const std::filesystem::path& output, const PredictOptions& options,
                              const Reporter& reporter);

/// The scans of this process, of those that processes share by num_parts.
std::vector<CaseToDo> cases_of_part(const Prediction& run, const std::filesystem::path& scans,
                                    const Reporter& reporter);

struct CasesToDo {
  std::vector<CaseToDo> cases;
  std::vector<std::string> left;  ///< that are done already; on the leader of several ranks
};

/// Those that are done already are left out, and why is told. Of several ranks the leader decides
/// for all.
CasesToDo cases_to_do(const Prediction& run, const std::filesystem::path& scans,
                      const Reporter& reporter);

/// What is written of a case, but for its record.
std::vector<std::filesystem::path> files_of_case(const Prediction& run, const std::string& name);

/// What lies beside its earlier segmentation and is not asked for now, so that it goes.
std::vector<std::filesystem::path> files_that_go(const Prediction& run, const std::string& name);

/// Whether the folder's statistics have a row of the case that nobody asks for now, so that it
/// goes.
bool loses_statistics(const Prediction& run, const std::string& name);

/// Whether a cascade's first stage has to run before, and then into which folder.
std::optional<std::filesystem::path> first_stage_folder(const Prediction& run);

/// Its options: of what is written besides label maps it makes nothing.
PredictOptions first_stage(PredictOptions options);

}  // namespace seg::train
