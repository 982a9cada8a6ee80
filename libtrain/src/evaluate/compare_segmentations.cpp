#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "evaluate/label_maps.hpp"
#include "seg/plan/error.hpp"
#include "seg/train/evaluate.hpp"

namespace seg::train {
namespace {

constexpr int lowest = std::numeric_limits<std::int16_t>::min();
constexpr int value_count = 1 << 16;

// Numbers the label values that matter 0, 1, ...; all others share the last number.
class LabelNumbers {
 public:
  explicit LabelNumbers(const plan::Labels& labels) {
    const std::set<int> named = named_values(labels);
    values_.assign(named.begin(), named.end());
    numbers_.assign(value_count, values_.size());
    for (std::size_t i = 0; i < values_.size(); ++i) numbers_.at(values_[i] - lowest) = i;
  }

  std::size_t count() const { return values_.size() + 1; }
  std::size_t operator[](int value) const { return numbers_[value - lowest]; }

  // For each number, whether its value belongs to the class.
  std::vector<bool> members(const std::vector<int>& values) const {
    std::vector<bool> result(count());
    for (const int value : values) result[(*this)[value]] = true;
    return result;
  }

 private:
  std::vector<int> values_;
  std::vector<std::size_t> numbers_;
};

// Voxels for each pair of numbers (prediction, reference), in one pass.
std::vector<std::int64_t> count_pairs(const at::Tensor& prediction, const at::Tensor& reference,
                                      const LabelNumbers& numbers) {
  const at::Tensor a = prediction.to(at::kShort).contiguous();
  const at::Tensor b = reference.to(at::kShort).contiguous();
  const auto* predicted = a.const_data_ptr<std::int16_t>();
  const auto* expected = b.const_data_ptr<std::int16_t>();
  std::vector<std::int64_t> pairs(numbers.count() * numbers.count());
  for (std::int64_t i = 0; i < a.numel(); ++i)
    ++pairs[numbers[predicted[i]] * numbers.count() + numbers[expected[i]]];
  return pairs;
}

void add(Metrics& metrics, bool predicted, bool expected, double voxels) {
  if (predicted)
    (expected ? metrics.tp : metrics.fp) += voxels;
  else
    (expected ? metrics.fn : metrics.tn) += voxels;
}

void finish(Metrics& metrics) {
  const double either = metrics.tp + metrics.fp + metrics.fn;
  const double nothing = std::numeric_limits<double>::quiet_NaN();
  metrics.dice = either > 0 ? 2 * metrics.tp / (either + metrics.tp) : nothing;
  metrics.iou = either > 0 ? metrics.tp / either : nothing;
  metrics.n_pred = metrics.tp + metrics.fp;
  metrics.n_ref = metrics.tp + metrics.fn;
}

}  // namespace

std::vector<Metrics> compare_segmentations(const at::Tensor& prediction,
                                           const at::Tensor& reference,
                                           const plan::Labels& labels) {
  if (prediction.sizes() != reference.sizes())
    throw Error("prediction", "its shape differs from the reference's");
  const LabelNumbers numbers(labels);
  const auto pairs = count_pairs(prediction, reference, numbers);
  const std::size_t n = numbers.count();
  const std::size_t ignored = labels.ignore ? numbers[*labels.ignore] : n;
  std::vector<Metrics> result;
  for (const auto& values : labels.foreground()) {
    const auto member = numbers.members(values);
    Metrics metrics;
    for (std::size_t p = 0; p < n; ++p)
      for (std::size_t r = 0; r < n; ++r)
        if (r != ignored) add(metrics, member[p], member[r], static_cast<double>(pairs[p * n + r]));
    finish(metrics);
    result.push_back(metrics);
  }
  return result;
}

}  // namespace seg::train
