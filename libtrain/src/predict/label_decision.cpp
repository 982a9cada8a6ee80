#include "predict/label_decision.hpp"

#include <algorithm>
#include <cmath>

namespace seg::train {
namespace {

constexpr float kInside = 0.5F;

at::Tensor no_label(const at::Tensor& output) {
  return at::zeros(output.sizes(), output.options().dtype(at::kShort));
}

}  // namespace

at::Tensor labels_of_probabilities(const at::Tensor& probabilities, const plan::Labels& labels) {
  if (!labels.has_regions()) {
    const at::Tensor values = at::tensor(labels.all, at::kShort).to(probabilities.device());
    return values.index({probabilities.argmax(0)});
  }
  const at::Tensor result = no_label(probabilities[0]);
  for (std::size_t i = 0; i < labels.regions_class_order.size(); ++i)
    result.masked_fill_(probabilities[static_cast<std::int64_t>(i)] > kInside,
                        labels.regions_class_order[i]);
  return result;
}

at::Tensor labels_of_logits(const at::Tensor& logits, const plan::Labels& labels) {
  return labels_of_probabilities(labels.has_regions() ? logits.sigmoid() : logits, labels);
}

std::int16_t most_likely(const float* scores, std::int64_t count) {
  return static_cast<std::int16_t>(std::max_element(scores, scores + count) - scores);
}

std::int16_t label_of_voxel(const std::vector<float>& logits, const plan::Labels& labels) {
  if (!labels.has_regions()) {
    const auto winner = most_likely(logits.data(), static_cast<std::int64_t>(logits.size()));
    return static_cast<std::int16_t>(labels.all[static_cast<std::size_t>(winner)]);
  }
  int label = 0;
  for (std::size_t i = 0; i < logits.size(); ++i)
    if (1 / (1 + std::exp(-logits[i])) > kInside) label = labels.regions_class_order[i];
  return static_cast<std::int16_t>(label);
}

void OutputByOutput::add(const at::Tensor& logits) {
  if (!result_.defined()) result_ = no_label(logits);
  if (labels_.has_regions()) {
    result_.masked_fill_(logits.sigmoid() > kInside, labels_.regions_class_order.at(output_));
  } else {
    const int label = labels_.all.at(output_);
    best_.defined() ? result_.masked_fill_(logits > best_, label) : result_.fill_(label);
    best_ = best_.defined() ? at::maximum(best_, logits) : logits;
  }
  ++output_;
}

}  // namespace seg::train
