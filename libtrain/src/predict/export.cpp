#include "seg/train/export.hpp"

#include <limits>

#include "predict/label_decision.hpp"
#include "predict/label_stream.hpp"

namespace seg::train {
namespace {

at::Tensor resampled(const at::Tensor& logits, const data::TargetGrid& grid) {
  return data::resample(logits, grid);
}

// For any resampling: one output after the other at full resolution.
at::Tensor resampled_labels(const at::Tensor& logits, const data::TargetGrid& grid,
                            const plan::Labels& labels) {
  OutputByOutput decision(labels);
  for (std::int64_t k = 0; k < logits.size(0); ++k)
    decision.add(resampled(logits.narrow(0, k, 1), grid)[0]);
  return decision.result();
}

void put_into_box(const at::Tensor& whole, const data::Box& box, const at::Tensor& part) {
  at::Tensor view = whole;
  for (std::int64_t axis = 0; axis < 3; ++axis)
    view = view.narrow(axis - 3, box.lower[axis], box.upper[axis] - box.lower[axis]);
  view.copy_(part);
}

at::Tensor probabilities_of(const at::Tensor& scores, bool regions) {
  return regions ? at::sigmoid(scores) : at::softmax(scores, 0);
}

/// What an output is outside the crop box: the first one, and the others.
struct Outside {
  double others, first;
};

/// The scores [outputs, Z, Y, X] of the crop box put back onto the scan.
at::Tensor on_scan(const at::Tensor& scores, const Outside& outside,
                   const data::CaseProperties& properties, const plan::Plans& plans) {
  const auto& shape = properties.shape_before_cropping;
  const at::Tensor whole =
      at::full({scores.size(0), shape[0], shape[1], shape[2]}, outside.others, at::kFloat);
  whole[0].fill_(outside.first);
  put_into_box(whole, properties.box, scores);
  const auto& back = plans.transpose_backward;
  return whole.permute({0, back[0] + 1, back[1] + 1, back[2] + 1}).contiguous();
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

ScanScores logits_to_scores(const at::Tensor& logits, const data::CaseProperties& properties,
                            const plan::Experiment& experiment) {
  const at::Tensor scores = resampled(logits, cropped_scan(properties, experiment.configuration));
  const bool regions = experiment.labels.has_regions();
  const double impossible = -std::numeric_limits<double>::infinity();
  return {on_scan(scores, {impossible, regions ? impossible : 0}, properties, experiment.plans),
          on_scan(probabilities_of(scores, regions), {0, regions ? 0. : 1.}, properties,
                  experiment.plans)};
}

at::Tensor logits_to_probabilities(const at::Tensor& logits, const data::CaseProperties& properties,
                                   const plan::Experiment& experiment) {
  const at::Tensor scores = resampled(logits, cropped_scan(properties, experiment.configuration));
  const bool regions = experiment.labels.has_regions();
  return on_scan(probabilities_of(scores, regions), {0, regions ? 0. : 1.}, properties,
                 experiment.plans);
}

}  // namespace seg::train
