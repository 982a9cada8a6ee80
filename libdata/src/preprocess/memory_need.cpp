#include "seg/data/memory_need.hpp"

#include <algorithm>

#include "seg/data/preprocess.hpp"
#include "seg/data/resample.hpp"

namespace seg::data {
namespace {

double voxel_volume(const std::array<double, 3>& values) {
  return values[0] * values[1] * values[2];
}

}  // namespace

std::array<std::int64_t, 3> preprocessed_shape(const ImageHeader& scan,
                                               const plan::Experiment& experiment) {
  const plan::Configuration& configuration = experiment.configuration;
  std::array<std::int64_t, 3> shape{};
  std::array<double, 3> spacing{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto from = static_cast<std::size_t>(experiment.plans.transpose_forward[axis]);
    shape[axis] = scan.shape[from + 1];
    spacing[axis] = scan.spacing[from];
  }
  if (keeps_shape(configuration.resampling_data)) return shape;
  const auto target = target_spacing(configuration, spacing);
  constexpr double kAbsurd = 1e4;  // preprocessing refuses it, and says more
  if (!(voxel_volume(spacing) < kAbsurd * voxel_volume(target))) return shape;
  return resampled_shape(shape, spacing, target);
}

std::int64_t preprocessing_memory(const ImageHeader& scan, const plan::Experiment& experiment) {
  const auto shape = preprocessed_shape(scan, experiment);
  const std::int64_t channels = scan.shape[0],
                     voxels = scan.shape[1] * scan.shape[2] * scan.shape[3],
                     resampled = shape[0] * shape[1] * shape[2];
  // The scan; its channels resampled, which are joined when there are several, and one on its way.
  const std::int64_t channels_and_joined = (channels > 1 ? 8 : 4) * channels;
  return std::max(reading_memory(scan),
                  (4 * channels + 6) * voxels + (channels_and_joined + 8) * resampled);
}

}  // namespace seg::data
