#pragma once

#include "predict/segment_cases.hpp"
#include "seg/data/cases.hpp"
#include "seg/plan/files.hpp"
#include "seg/train/model.hpp"
#include "seg/train/predictor.hpp"
#include "seg/train/sliding_window.hpp"

namespace seg::train {

/// What decides what a model's segmentations are: its weights (by content, wherever the model
/// lies), its folds, what plans.json and dataset.json say, and the options that change voxels.
Json made_by(const Model& model, const PredictOptions& options);

/// What "auto" became on this machine: {"device", "precision", "instruction_set", "threads"}.
Json computed_in(const SlidingWindowOptions& window);

/// What a case is segmented from: names, sizes and times of its files.
Json made_from(const std::vector<std::filesystem::path>& files);

/// What one segmentation was made with, in OUTPUT/records/<case>.json. Each case has its own, so
/// that several processes may fill one folder.
struct SegmentationRecord {
  Json made_by, made_from;
  Json computed_in;  ///< see computed_in(); another machine's does not make it another segmentation
};

/// Files that belong to a label map.
struct WrittenBeside {
  bool probabilities = false, probability_image = false, uncertainty = false;
  std::vector<std::filesystem::path> masks;  ///< in the folder that is called as the case
  Json statistics;                           ///< see label_statistics(); null if there are none
};

/// What an earlier record names beside the label map, as far as it is there.
std::vector<std::filesystem::path> recorded_beside(const SegmentationFiles& files);

/// Label maps of the case in other formats, as far as they are there, that earlier runs wrote.
std::vector<std::filesystem::path> recorded_in_other_formats(const SegmentationFiles& files);

/// Takes away recorded_beside(), so that nothing of another segmentation stays beside this one, and
/// tells in the record's place that one is being written.
void begin_record(const SegmentationFiles& files, const SegmentationRecord& record);

/// Comes last: with it the segmentation is complete.
void write_record(const SegmentationFiles& files, const SegmentationRecord& record,
                  const WrittenBeside& beside);

/// What an output folder holds of a case.
enum class Earlier {
  nothing,
  same,     ///< whole, and made as it would be made now
  other,    ///< of other weights, folds, plans, options, or of another scan
  unknown,  ///< nobody knows how: no record tells of it
  changed,  ///< readable, but not as it was written: somebody corrected it
  damaged,  ///< half-written, empty, unreadable, or without something beside it that it should have
};

/// What an earlier segmentation must be to count.
struct Expected {
  data::ImageReader reader;  ///< that label maps can be read with
  bool probabilities = false, probability_image = false, uncertainty = false, statistics = false;
  std::vector<std::string> masks{};  ///< names in the folder that is called as the case
};

/// Of a file in records/, or another that may be anything; {} for what holds no object.
Json read_record(const std::filesystem::path& file);

/// What is there, and why it does not count: "of other weights or folds", "unfinished", ...
struct EarlierSegmentation {
  Earlier state = Earlier::nothing;
  std::string reason{};
};
EarlierSegmentation earlier_segmentation(const SegmentationFiles& files,
                                         const SegmentationRecord& now, const Expected& expected);

/// Whether a label map that is there is no loss: it is empty, or was made of the same scan and is
/// as it was left then, or was being written.
bool may_be_replaced(const SegmentationFiles& files, const SegmentationRecord& now);

/// @throws Error for a file that is there already and may not be replaced.
void refuse_to_lose(const SegmentationFiles& files, const SegmentationRecord& now);

/// @throws Error for a file that is there in the place of what is expected beside a label map, and
/// of which its record does not tell.
void refuse_to_lose_beside(const SegmentationFiles& files, const Expected& expected);

/// Names and sizes of the channels that a record tells a case was segmented from; null where no
/// record tells it. Times are left out: a copy is the same scan.
Json recorded_scan(const std::filesystem::path& record, std::size_t channels);

}  // namespace seg::train
