#include "predict/label_slice.hpp"

#include <algorithm>
#include <array>

#include "predict/label_decision.hpp"

namespace seg::train {
namespace {

constexpr std::int64_t kValuesAtATime = std::int64_t{1} << 24;

at::Tensor sum_of(const WeightedSlices& slices) {
  at::Tensor sum = slices[0].first.to(at::kDouble).mul_(slices[0].second);
  for (std::size_t i = 1; i < slices.size(); ++i)
    sum.add_(slices[i].first.to(at::kDouble), slices[i].second);
  return sum;
}

/// Taps of the samples [first, first + count) on a device: indices and weights, each [count, taps].
std::pair<at::Tensor, at::Tensor> taps_on(at::Device device, const data::AxisTaps& taps,
                                          std::int64_t first, std::int64_t count) {
  const auto begin = first * taps.count, end = begin + count * taps.count;
  const at::Tensor index = at::tensor(
      at::IntArrayRef(taps.index.data() + begin, static_cast<std::size_t>(end - begin)), at::kLong);
  const at::Tensor weight =
      at::tensor(at::ArrayRef<double>(taps.weight.data() + begin, index.numel()), at::kDouble);
  const std::vector<std::int64_t> shape{count, taps.count};
  return {index.view(shape).to(device, /*non_blocking=*/true),
          weight.view(shape).to(device, /*non_blocking=*/true)};
}

/// @param axis 1 (Y) or 2 (X) of [outputs, Y, X].
at::Tensor resampled(const at::Tensor& values, std::int64_t axis,
                     const std::pair<at::Tensor, at::Tensor>& taps) {
  const auto& [index, weight] = taps;
  std::vector<std::int64_t> across{1, 1, 1};
  across[axis] = index.size(0);
  at::Tensor result;
  for (std::int64_t tap = 0; tap < index.size(1); ++tap) {
    const at::Tensor part =
        values.index_select(axis, index.select(1, tap)).mul_(weight.select(1, tap).reshape(across));
    result = result.defined() ? result.add_(part) : part;
  }
  return result;
}

/// `decide` makes of some rows [outputs, rows, new X] what is joined along `axis`.
template <class Decide>
at::Tensor by_rows(const WeightedSlices& slices, const std::array<data::AxisTaps, 2>& along,
                   std::int64_t axis, const Decide& decide) {
  const auto& [along_y, along_x] = along;
  const at::Tensor sum = sum_of(slices);
  const auto columns = taps_on(sum.device(), along_x, 0, along_x.extent());
  const std::int64_t rows =
      std::max<std::int64_t>(1, kValuesAtATime / (sum.size(0) * along_x.extent()));
  std::vector<at::Tensor> parts;
  for (std::int64_t first = 0; first < along_y.extent(); first += rows) {
    const auto taps =
        taps_on(sum.device(), along_y, first, std::min(rows, along_y.extent() - first));
    const at::Tensor scores = resampled(resampled(sum, 1, taps), 2, columns);
    parts.push_back(decide(scores.to(at::kFloat)));
  }
  return at::cat(parts, axis);
}

}  // namespace

at::Tensor logits_of_slice(const WeightedSlices& slices, const data::AxisTaps& along_y,
                           const data::AxisTaps& along_x) {
  return by_rows(slices, {along_y, along_x}, 1, [](const at::Tensor& logits) { return logits; });
}

at::Tensor labels_of_slice(const WeightedSlices& slices, const data::AxisTaps& along_y,
                           const data::AxisTaps& along_x, const plan::Labels& labels) {
  return by_rows(slices, {along_y, along_x}, 0,
                 [&](const at::Tensor& logits) { return labels_of_logits(logits, labels); });
}

}  // namespace seg::train
