#include "seg/data/preprocess.hpp"

#include "image/channels.hpp"
#include "preprocess/target_size.hpp"
#include "seg/data/normalize.hpp"
#include "seg/data/resample.hpp"
#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

std::array<std::int64_t, 3> extent_of(const at::Tensor& array) {
  return {array.size(1), array.size(2), array.size(3)};
}

at::Tensor transposed(const at::Tensor& array, const std::array<int, 3>& axes) {
  if (!array.defined()) return array;
  return array.permute({0, axes[0] + 1, axes[1] + 1, axes[2] + 1}).contiguous();
}

void check_channels(const Image& image, const plan::Configuration& configuration) {
  const auto channels = static_cast<std::size_t>(image.data.size(0));
  const std::size_t planned = configuration.normalization_schemes.size();
  if (channels != planned)
    throw Error("the scan",
                "has " + std::to_string(channels) + " channel(s), but the plan is for " +
                    std::to_string(planned),
                "give the same channels as in training");
}

/// One channel [1, Z, Y, X].
at::Tensor normalized(const Cropped& cropped, std::int64_t channel,
                      const plan::Experiment& experiment) {
  const auto& [dataset, plans, configuration, labels] = experiment;
  const Normalization how{configuration.normalization_schemes[channel],
                          configuration.use_mask_for_norm[channel], plans.intensities[channel]};
  return normalize(cropped.data[channel], cropped.seg[0], how).unsqueeze(0);
}

}  // namespace

std::array<double, 3> target_spacing(const plan::Configuration& configuration,
                                     const std::array<double, 3>& transposed_spacing) {
  const std::vector<double>& planned = configuration.spacing;
  if (planned.size() == 2) return {transposed_spacing[0], planned[0], planned[1]};
  return {planned.at(0), planned.at(1), planned.at(2)};
}

PreprocessedCase preprocess(const Image& image, const at::Tensor& label,
                            const plan::Experiment& experiment) {
  const plan::Configuration& configuration = experiment.configuration;
  check_channels(image, configuration);
  const auto& axes = experiment.plans.transpose_forward;
  const at::Tensor data = transposed(image.data, axes);
  const Cropped cropped = crop_to_nonzero(data, transposed(label, axes));
  const auto spacing = image.geometry.array_spacing();

  PreprocessedCase result;
  CaseProperties& properties = result.properties;
  properties.geometry = image.geometry;
  properties.shape_before_cropping = extent_of(data);
  properties.box = cropped.box;
  properties.shape_after_cropping = extent_of(cropped.data);
  properties.spacing = {spacing[axes[0]], spacing[axes[1]], spacing[axes[2]]};
  properties.target_spacing = target_spacing(configuration, properties.spacing);

  const auto shape = keeps_shape(configuration.resampling_data)
                         ? properties.shape_after_cropping
                         : target_size(properties, image.data.size(0));
  const auto resampled = [&](const at::Tensor& array, const plan::Resampling& method) {
    return resample(array, {shape, properties.spacing, properties.target_spacing, method});
  };
  std::vector<at::Tensor> channels;  // one after the other: all at full size take more memory
  for (std::int64_t channel = 0; channel < data.size(0); ++channel)
    channels.push_back(
        resampled(normalized(cropped, channel, experiment), configuration.resampling_data));
  result.data = joined_channels(channels);
  if (label.defined()) result.seg = resampled(cropped.seg, configuration.resampling_seg);
  return result;
}

}  // namespace seg::data
