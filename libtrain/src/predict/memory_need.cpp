#include "predict/memory_need.hpp"

#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "seg/data/memory_need.hpp"
#include "seg/data/resample.hpp"
#include "seg/train/device.hpp"

namespace seg::train {
namespace {

/// Hears of every allocation of LibTorch's in this thread.
class LiveTensors : public c10::MemoryReportingInfoBase {
 public:
  void reportMemoryUsage(void*, std::int64_t size, std::size_t, std::size_t,
                         c10::Device device) override {
    std::int64_t &live = device.is_cpu() ? now_.host : now_.device,
                 &most = device.is_cpu() ? peak_.host : peak_.device;
    live += size;
    most = std::max(most, live);
  }
  bool memoryProfilingEnabled() const override { return true; }
  const Bytes& peak() const { return peak_; }

 private:
  Bytes now_, peak_;
};

std::int64_t product(const std::vector<std::int64_t>& extents) {
  return std::accumulate(extents.begin(), extents.end(), std::int64_t{1}, std::multiplies<>());
}

std::vector<std::int64_t> patch_in_3d(const SlidingWindowOptions& window) {
  std::vector<std::int64_t> patch = window.patch_size;
  if (patch.size() == 2) patch.insert(patch.begin(), 1);
  return patch;
}

std::int64_t input_channels(const Model& model) { return network_options(model).input_channels; }

/// Extent of the array that the networks see, padded to the patch.
std::vector<std::int64_t> network_extent(const WindowedModel& windowed,
                                         const data::ImageHeader& scan) {
  const auto shape = data::preprocessed_shape(scan, windowed.model);
  const auto patch = patch_in_3d(windowed.window);
  std::vector<std::int64_t> extent;
  for (std::size_t axis = 0; axis < 3; ++axis) extent.push_back(std::max(shape[axis], patch[axis]));
  return extent;
}

/// Sums of logits and weights for as many slices as a patch is thick, and slices on their way to
/// labels.
std::int64_t window_need(const WindowedModel& windowed, const std::vector<std::int64_t>& extent,
                         bool sums_in_files) {
  const std::int64_t outputs = windowed.model.labels.network_outputs();
  const std::int64_t sums = sums_in_files ? 1 : outputs + 1;
  return 4 * (patch_in_3d(windowed.window)[0] * sums + 3 * outputs) * extent[1] * extent[2];
}

/// How many tiles of a scan go through the networks together at most.
std::int64_t tiles_together(const SlidingWindowOptions& window,
                            const std::vector<std::int64_t>& extent) {
  const bool flat = window.patch_size.size() == 2;
  std::int64_t tiles = flat ? extent[0] : 1;
  const std::vector<std::int64_t> seen(extent.begin() + (flat ? 1 : 0), extent.end());
  for (const auto& starts : tile_starts(seen, window.patch_size, window.step_size))
    tiles *= static_cast<std::int64_t>(starts.size());
  return std::min(tiles, tiles_at_a_time(window));
}

/// With steps of half a patch, so many empty tiles side by side.
Bytes need_of_tiles(const Networks& networks, const WindowedModel& windowed, std::int64_t tiles) {
  SlidingWindowOptions window = windowed.window;
  window.step_size = 0.5;
  const auto patch = patch_in_3d(window);
  const at::Tensor empty =
      at::zeros({input_channels(windowed.model), patch[0], patch[1], patch[2] * (tiles + 1) / 2});
  return peak_of_tensors(
      [&] { sliding_window(networks, empty, window, [](const at::Tensor&) {}); });
}

/// Of the scan itself, in the plan's axis order.
data::TargetGrid scan_grid(const plan::Experiment& experiment, const data::ImageHeader& scan) {
  data::TargetGrid grid;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto from = static_cast<std::size_t>(experiment.plans.transpose_forward[axis]);
    grid.shape[axis] = scan.shape[from + 1];
    grid.new_spacing[axis] = scan.spacing[from];
  }
  grid.spacing = data::target_spacing(experiment.configuration, grid.new_spacing);
  grid.method = experiment.configuration.resampling_probabilities;
  return grid;
}

/// Scores on their way to the scan's grid, and there.
std::int64_t scores_need(const WindowedModel& windowed, const data::ImageHeader& scan,
                         const ScanWishes& wishes) {
  const WantedScores& wanted = wishes.scores;
  const auto shape = data::preprocessed_shape(scan, windowed.model);
  const data::TargetGrid grid = scan_grid(windowed.model, scan);
  const std::int64_t outputs = windowed.model.labels.network_outputs(),
                     voxels = grid.shape[0] * grid.shape[1] * grid.shape[2],
                     resampled = shape[0] * shape[1] * shape[2];
  const bool whole = !data::neighbour_taps(shape, grid);  // what cubic resampling needs
  // Of each kind, and one that is brought into the file's order.
  const std::int64_t kinds = wanted.logits + wanted.probabilities;
  std::int64_t arrays = 4 * outputs * voxels * (kinds > 0 ? kinds + 1 : 0);
  if (whole) arrays += 4 * outputs * (resampled + (wanted.any() ? voxels : 0));
  const std::int64_t slices = wanted.any() ? 24 * outputs * voxels / grid.shape[0] : 0;
  const std::int64_t one_output = whole ? 8 * resampled + 20 * voxels : 0;
  return (wishes.scores_in_files ? 0 : arrays) + slices + one_output +
         (wanted.uncertainty ? 8 * voxels : 0);
}

}  // namespace

std::vector<std::int64_t> small_patch(const std::vector<std::int64_t>& patch) {
  constexpr std::int64_t kSmall = std::int64_t{1} << 18;
  if (product(patch) <= kSmall) return patch;
  std::vector<std::int64_t> small;
  for (const std::int64_t extent : patch) {
    const std::int64_t power_of_two = std::min<std::int64_t>(extent & -extent, 64);
    small.push_back(std::min(extent, 2 * power_of_two));
  }
  return small;
}

Bytes peak_of_tensors(const std::function<void()>& work) {
  const auto tensors = std::make_shared<LiveTensors>();
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, tensors);
  work();
  return tensors->peak();
}

Bytes network_need(const WindowedModel& windowed, const data::ImageHeader& scan) {
  const std::int64_t tiles = tiles_together(windowed.window, network_extent(windowed, scan));
  return need_of_tiles(windowed.model.networks, windowed, tiles);
}

Bytes tile_need(const WindowedModel& windowed) {
  if (windowed.window.engine != "seg")
    return need_of_tiles(windowed.model.networks, windowed, tiles_at_a_time(windowed.window));
  SlidingWindowOptions window = windowed.window;
  window.mirror_axes.clear();
  window.patch_size = small_patch(window.patch_size);
  const Bytes small = need_of_tiles({windowed.model.networks.front()}, {windowed.model, window}, 1);
  const std::int64_t voxels = product(window.patch_size),
                     tiles = tiles_at_a_time(windowed.window) * product(windowed.window.patch_size);
  const std::int64_t times = (tiles + voxels - 1) / voxels;
  const Bytes alone{small.host * times, small.device * times};
  // Sums over mirrored views and over networks, and a view on its way to them.
  const std::int64_t logits = 4 * windowed.model.labels.network_outputs() * tiles;
  const bool host = window.device.is_cpu();
  return {alone.host + (host ? 3 * logits : 0), alone.device + (host ? 0 : 3 * logits)};
}

Bytes scan_need(const WindowedModel& windowed, const data::ImageHeader& scan,
                const ScanWishes& wishes) {
  const auto extent = network_extent(windowed, scan);
  const std::int64_t channels = scan.shape[0],
                     voxels = scan.shape[1] * scan.shape[2] * scan.shape[3],
                     resampled = product(extent), inputs = input_channels(windowed.model);
  // Transposed or cropped channels and the mask; the result, joined of several channels, and one on
  // its way.
  const std::int64_t joined = channels > 1 ? channels : 0;
  const std::int64_t preparing =
      (4 * channels + 6) * voxels + (4 * (inputs + joined) + 4) * resampled;
  const bool copies = !windowed.window.device.is_cpu();
  const std::int64_t input = 4 * inputs * resampled,
                     window = window_need(windowed, extent, wishes.sums_in_files);
  const std::int64_t running = 4 * channels * voxels + 2 * input + (copies ? 0 : window) +
                               6 * voxels + scores_need(windowed, scan, wishes);
  return {std::max(preparing, running), copies ? input + window : 0};
}

// Labels twice, the bits of all frames twice, and what DCMTK keeps to describe a frame.
std::int64_t dicom_segmentation_need(const data::ImageHeader& scan, std::size_t segments) {
  constexpr std::int64_t kBytesPerFrame = std::int64_t{20} * 1024;  // 16.3 KiB were measured
  if (segments == 0) return 0;
  const std::int64_t slices = scan.shape[1];
  const std::int64_t voxels = slices * scan.shape[2] * scan.shape[3];
  return 4 * voxels + static_cast<std::int64_t>(segments) * (voxels / 4 + slices * kBytesPerFrame);
}

}  // namespace seg::train
