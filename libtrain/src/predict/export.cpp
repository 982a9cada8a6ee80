#include "seg/train/export.hpp"

#include "predict/label_stream.hpp"

namespace seg::train {
namespace {

at::Tensor resampled(const at::Tensor& logits, const data::TargetGrid& grid) {
  return data::resample(logits, grid);
}

// Of each class at full resolution, one class after the other, for any resampling.
at::Tensor most_likely_labels(const at::Tensor& logits, const data::TargetGrid& grid,
                              const plan::Labels& labels) {
  at::Tensor best = resampled(logits.narrow(0, 0, 1), grid);
  at::Tensor result = at::full(best.sizes(), labels.all.at(0), at::kShort);
  for (std::int64_t k = 1; k < logits.size(0); ++k) {
    const at::Tensor score = resampled(logits.narrow(0, k, 1), grid);
    result.masked_fill_(score > best, labels.all.at(k));
    best = at::maximum(best, score);
  }
  return result[0];
}

at::Tensor region_labels(const at::Tensor& logits, const data::TargetGrid& grid,
                         const plan::Labels& labels) {
  at::Tensor result = at::zeros(grid.shape, at::kShort);
  for (std::int64_t k = 0; k < logits.size(0); ++k) {
    const at::Tensor inside = at::sigmoid(resampled(logits.narrow(0, k, 1), grid)[0]) > 0.5;
    result.masked_fill_(inside, labels.regions_class_order.at(k));
  }
  return result;
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
  if (!stream)
    return labels.has_regions() ? region_labels(logits, grid, labels)
                                : most_likely_labels(logits, grid, labels);
  for (std::int64_t z = 0; z < logits.size(1); ++z) stream->add(logits.select(1, z));
  return stream->result();
}

at::Tensor logits_to_labels(const at::Tensor& logits, const ExportedScan& scan) {
  const data::TargetGrid grid = cropped_scan(scan.properties, scan.configuration);
  return uncropped(labels_on_grid(logits, grid, scan.labels), scan.properties, scan.plans);
}

at::Tensor logits_to_probabilities(const at::Tensor& logits, const ExportedScan& scan) {
  const at::Tensor scores = resampled(logits, cropped_scan(scan.properties, scan.configuration));
  const auto& shape = scan.properties.shape_before_cropping;
  const at::Tensor whole = at::zeros({scores.size(0), shape[0], shape[1], shape[2]}, at::kFloat);
  if (!scan.labels.has_regions()) whole[0].fill_(1);
  put_into_box(whole, scan.properties.box,
               scan.labels.has_regions() ? at::sigmoid(scores) : at::softmax(scores, 0));
  const auto& back = scan.plans.transpose_backward;
  return whole.permute({0, back[0] + 1, back[1] + 1, back[2] + 1}).contiguous();
}

}  // namespace seg::train
