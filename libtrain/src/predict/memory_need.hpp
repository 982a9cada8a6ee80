#pragma once

#include <cstdint>
#include <functional>

#include "predict/scan_scores.hpp"
#include "seg/data/image_header.hpp"
#include "seg/train/model.hpp"
#include "seg/train/sliding_window.hpp"

namespace seg::train {

/// Bytes, see MemoryNeed.
struct Bytes {
  std::int64_t host = 0, device = 0;
};

/// A smaller patch that networks of this one take, too, to measure what they need, which grows with
/// the voxels: of each axis a multiple of the power of two in it, 64 at most, as networks halve.
/// The patch itself where it has 2^18 voxels at most.
std::vector<std::int64_t> small_patch(const std::vector<std::int64_t>& patch);

/// Largest sum of the tensors that live at a time while `work` runs, of those that this thread
/// makes meanwhile.
Bytes peak_of_tensors(const std::function<void()>& work);

/// A model and how its window moves.
struct WindowedModel {
  const Model& model;
  const SlidingWindowOptions& window;
};

/// What the networks of a model take for a scan, of which nothing is cropped; runs them on as many
/// empty tiles as such a scan has go through together.
Bytes network_need(const WindowedModel& windowed, const data::ImageHeader& scan);

/// The same for any scan, and quicker: runs one of the networks on a small patch, without
/// mirroring. Of another engine than seg only what is beside its own memory, which each network
/// holds once it ran; all do.
Bytes tile_need(const WindowedModel& windowed);

/// What is wanted of a scan beside labels, and what of it lies in files; see ScratchFolders.
struct ScanWishes {
  WantedScores scores{};
  bool scores_in_files = false, sums_in_files = false;
};

/// What segment_in_memory() takes at most beside the scan, for one of which nothing is cropped; of
/// a model alone, without the stage before it.
Bytes scan_need(const WindowedModel& windowed, const data::ImageHeader& scan,
                const ScanWishes& wishes);

/// What writing a DICOM Segmentation takes at most beside the scan: were each segment in each
/// slice.
std::int64_t dicom_segmentation_need(const data::ImageHeader& scan, std::size_t segments);

}  // namespace seg::train
