#include "predict/memory_need.hpp"

#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <algorithm>
#include <functional>
#include <numeric>

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

std::vector<std::int64_t> patch_in_3d(const LoadedModel& loaded) {
  std::vector<std::int64_t> patch = loaded.window.patch_size;
  if (patch.size() == 2) patch.insert(patch.begin(), 1);
  return patch;
}

std::int64_t input_channels(const Model& model) { return network_options(model).input_channels; }

/// Extent of the array that the networks see, padded to the patch.
std::vector<std::int64_t> network_extent(const LoadedModel& loaded,
                                         const std::array<std::int64_t, 3>& shape,
                                         const std::array<double, 3>& spacing) {
  const auto& axes = loaded.model.plans.transpose_forward;
  const std::array<std::int64_t, 3> transposed{shape[axes[0]], shape[axes[1]], shape[axes[2]]};
  const std::array<double, 3> steps{spacing[axes[0]], spacing[axes[1]], spacing[axes[2]]};
  const auto resampled = data::resampled_shape(
      transposed, steps, data::target_spacing(loaded.model.configuration, steps));
  const auto patch = patch_in_3d(loaded);
  std::vector<std::int64_t> extent;
  for (std::size_t axis = 0; axis < 3; ++axis)
    extent.push_back(std::max(resampled[axis], patch[axis]));
  return extent;
}

/// Sums of logits and weights for as many slices as a patch is thick, and slices on their way to
/// labels.
std::int64_t window_need(const LoadedModel& loaded, const std::vector<std::int64_t>& extent) {
  const std::int64_t outputs = loaded.model.labels.network_outputs();
  return 4 * (patch_in_3d(loaded)[0] * (outputs + 1) + 3 * outputs) * extent[1] * extent[2];
}

/// How many tiles of a scan go through the networks together at most.
std::int64_t tiles_together(const LoadedModel& loaded, const std::vector<std::int64_t>& extent) {
  const auto& window = loaded.window;
  const bool flat = window.patch_size.size() == 2;
  std::int64_t tiles = flat ? extent[0] : 1;
  const std::vector<std::int64_t> seen(extent.begin() + (flat ? 1 : 0), extent.end());
  for (const auto& starts : tile_starts(seen, window.patch_size, window.step_size))
    tiles *= static_cast<std::int64_t>(starts.size());
  return std::min(tiles, tiles_at_a_time(window));
}

}  // namespace

Bytes peak_of_tensors(const std::function<void()>& work) {
  const auto tensors = std::make_shared<LiveTensors>();
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, tensors);
  work();
  return tensors->peak();
}

Bytes network_need(LoadedModel& loaded, const std::array<std::int64_t, 4>& shape,
                   const std::array<double, 3>& spacing) {
  const auto patch = patch_in_3d(loaded);
  const std::int64_t tiles =
      tiles_together(loaded, network_extent(loaded, {shape[1], shape[2], shape[3]}, spacing));
  // With steps of half a patch, so many tiles side by side.
  const at::Tensor empty =
      at::zeros({input_channels(loaded.model), patch[0], patch[1], patch[2] * (tiles + 1) / 2});
  SlidingWindowOptions window = loaded.window;
  window.step_size = 0.5;
  const std::lock_guard lock(loaded.networks);
  return peak_of_tensors(
      [&] { sliding_window(loaded.model.networks, empty, window, [](const at::Tensor&) {}); });
}

Bytes scan_need(const LoadedModel& loaded, const std::array<std::int64_t, 4>& shape,
                const std::array<double, 3>& spacing, bool wants_scores) {
  const auto extent = network_extent(loaded, {shape[1], shape[2], shape[3]}, spacing);
  const std::int64_t channels = shape[0], voxels = shape[1] * shape[2] * shape[3],
                     resampled = product(extent), inputs = input_channels(loaded.model),
                     outputs = loaded.model.labels.network_outputs();
  // Turned, transposed and cropped channels; mask, labels and one channel on its way; the result.
  const std::int64_t preparing =
      12 * channels * voxels + 30 * voxels + (4 * (inputs + channels) + 12) * resampled;
  const bool copies = !loaded.window.device.is_cpu();
  const std::int64_t input = 4 * inputs * resampled, window = window_need(loaded, extent);
  const std::int64_t scores = wants_scores ? 4 * outputs * (resampled + 5 * voxels) : 0;
  const std::int64_t running =
      4 * channels * voxels + 2 * input + (copies ? 0 : window) + 6 * voxels + scores;
  return {std::max(preparing, running), copies ? input + window : 0};
}

}  // namespace seg::train
