#include "seg/train/export.hpp"

#include "predict/label_decision.hpp"
#include "predict/label_stream.hpp"
#include "predict/scan_scores.hpp"
#include "predict/segment.hpp"

namespace seg::train {
namespace {

// For any resampling: one output after the other at full resolution.
at::Tensor resampled_labels(const at::Tensor& logits, const data::TargetGrid& grid,
                            const plan::Labels& labels) {
  OutputByOutput decision(labels);
  for (std::int64_t k = 0; k < logits.size(0); ++k)
    decision.add(data::resample(logits.narrow(0, k, 1), grid)[0]);
  return decision.result();
}

void put_into_box(const at::Tensor& whole, const data::Box& box, const at::Tensor& part) {
  at::Tensor view = whole;
  for (std::int64_t axis = 0; axis < 3; ++axis)
    view = view.narrow(axis - 3, box.lower[axis], box.upper[axis] - box.lower[axis]);
  view.copy_(part);
}

}  // namespace

data::TargetGrid cropped_scan(const data::CaseProperties& properties,
                              const plan::Configuration& configuration) {
  return {properties.shape_after_cropping, properties.target_spacing, properties.spacing,
          configuration.resampling_probabilities};
}

at::Tensor uncropped(const at::Tensor& labels, const data::CaseProperties& properties,
                     const plan::Plans& plans) {
  const at::Tensor whole = at::zeros(properties.shape_before_cropping, at::kShort);
  put_into_box(whole, properties.box, labels);
  const auto& back = plans.transpose_backward;
  return whole.permute({back[0], back[1], back[2]}).contiguous();
}

at::Tensor labels_on_grid(const at::Tensor& logits, const data::TargetGrid& grid,
                          const plan::Labels& labels) {
  auto stream = LabelStream::start({logits.size(1), logits.size(2), logits.size(3)}, grid, labels);
  if (!stream) return resampled_labels(logits, grid, labels);
  for (std::int64_t z = 0; z < logits.size(1); ++z) stream->add(logits.select(1, z));
  return stream->result();
}

at::Tensor logits_to_labels(const at::Tensor& logits, const data::CaseProperties& properties,
                            const plan::Experiment& experiment) {
  const data::TargetGrid grid = cropped_scan(properties, experiment.configuration);
  return uncropped(labels_on_grid(logits, grid, experiment.labels), properties, experiment.plans);
}

at::Tensor logits_to_probabilities(const at::Tensor& logits, const data::CaseProperties& properties,
                                   const plan::Experiment& experiment) {
  ScoresOnScan scores(properties, experiment, {.probabilities = true}, {});
  SegmentOptions options{.window = {},
                         .grids = {cropped_scan(properties, experiment.configuration)},
                         .labels = experiment.labels};
  options.scores = [&](std::int64_t z, const at::Tensor& slice) { scores.put(z, slice); };
  labels_on_grids(logits, options);
  return scores.result().probabilities;
}

}  // namespace seg::train
