#include "seg/train/export.hpp"

#include <limits>

#include "seg/data/resample.hpp"

namespace seg::train {
namespace {

TargetGrid cropped_scan(const data::CaseProperties& properties,
                        const plan::Configuration& configuration) {
  return {properties.shape_after_cropping, properties.target_spacing, properties.spacing,
          configuration.resampling_probabilities};
}

at::Tensor resampled(const at::Tensor& logits, const TargetGrid& grid) {
  return data::resample(logits, grid.shape, grid.spacing, grid.new_spacing, grid.method);
}

// Classes come at full resolution one after the other, so memory does not grow with their number.
class ResampledClasses {
 public:
  ResampledClasses(const at::Tensor& logits, const TargetGrid& grid)
      : logits_(logits), grid_(grid) {}

  std::int64_t count() const { return logits_.size(0); }
  at::Tensor get(std::int64_t index) const {
    return resampled(logits_.narrow(0, index, 1), grid_)[0];
  }

 private:
  const at::Tensor& logits_;
  const TargetGrid& grid_;
};

at::Tensor most_likely_labels(const ResampledClasses& classes, const plan::Labels& labels) {
  at::Tensor best = classes.get(0);
  at::Tensor result = at::full(best.sizes(), labels.all.at(0), at::kShort);
  for (std::int64_t k = 1; k < classes.count(); ++k) {
    const at::Tensor score = classes.get(k);
    result.masked_fill_(score > best, labels.all.at(k));
    best = at::maximum(best, score);
  }
  return result;
}

at::Tensor region_labels(const ResampledClasses& classes, const plan::Labels& labels) {
  at::Tensor result;
  for (std::int64_t k = 0; k < classes.count(); ++k) {
    const at::Tensor inside = at::sigmoid(classes.get(k)) > 0.5;
    if (!result.defined()) result = at::zeros(inside.sizes(), at::kShort);
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

at::Tensor labels_on_grid(const at::Tensor& logits, const TargetGrid& grid,
                          const plan::Labels& labels) {
  const ResampledClasses classes(logits, grid);
  return labels.has_regions() ? region_labels(classes, labels)
                              : most_likely_labels(classes, labels);
}

at::Tensor logits_to_labels(const at::Tensor& logits, const data::CaseProperties& properties,
                            const plan::Plans& plans, const plan::Configuration& configuration,
                            const plan::Labels& labels) {
  const at::Tensor whole = at::zeros(properties.shape_before_cropping, at::kShort);
  put_into_box(whole, properties.box,
               labels_on_grid(logits, cropped_scan(properties, configuration), labels));
  const auto& back = plans.transpose_backward;
  return whole.permute({back[0], back[1], back[2]}).contiguous();
}

at::Tensor logits_to_probabilities(const at::Tensor& logits, const data::CaseProperties& properties,
                                   const plan::Plans& plans,
                                   const plan::Configuration& configuration,
                                   const plan::Labels& labels) {
  const at::Tensor scores = resampled(logits, cropped_scan(properties, configuration));
  const auto& shape = properties.shape_before_cropping;
  const at::Tensor whole = at::zeros({scores.size(0), shape[0], shape[1], shape[2]}, at::kFloat);
  if (!labels.has_regions()) whole[0].fill_(1);
  put_into_box(whole, properties.box,
               labels.has_regions() ? at::sigmoid(scores) : at::softmax(scores, 0));
  const auto& back = plans.transpose_backward;
  return whole.permute({0, back[0] + 1, back[1] + 1, back[2] + 1}).contiguous();
}

}  // namespace seg::train
