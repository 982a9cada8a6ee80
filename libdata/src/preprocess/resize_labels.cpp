#include "preprocess/resize_labels.hpp"

#include <ATen/Parallel.h>

#include <limits>
#include <vector>

#include "preprocess/resize_image.hpp"
#include "seg/data/axis_taps.hpp"

namespace seg::data {
namespace {

using Shape = std::array<std::int64_t, 3>;
using Taps = std::array<AxisTaps, 3>;

Taps taps_for(const at::Tensor& labels, const Shape& shape, int order) {
  Taps taps;
  for (int axis = 0; axis < 3; ++axis)
    taps[axis] = axis_taps(order, labels.size(axis), shape[axis]);
  return taps;
}

at::Tensor nearest(const at::Tensor& labels, const Shape& shape) {
  const Taps taps = taps_for(labels, shape, 0);
  at::Tensor result = labels;
  for (int axis = 0; axis < 3; ++axis)
    result = result.index_select(axis, at::tensor(taps[axis].index, at::kLong));
  return result;
}

std::vector<std::int16_t> labels_present(const at::Tensor& labels) {
  const at::Tensor values = std::get<0>(at::_unique(labels, /*sorted=*/true));
  return {values.const_data_ptr<std::int16_t>(),
          values.const_data_ptr<std::int16_t>() + values.numel()};
}

/// The voxels around one sample point and their weights.
struct Corners {
  int count = 0;
  std::array<std::int16_t, 8> label{};
  std::array<double, 8> weight{};

  void add(std::int16_t value, double share) {
    label[count] = value;
    weight[count++] = share;
  }

  double score(std::int16_t value) const {
    double sum = 0;
    for (int i = 0; i < count; ++i)
      if (label[i] == value) sum += weight[i];
    return sum;
  }

  std::int16_t winner(std::int16_t nearest_label) const {
    std::int16_t best = nearest_label;
    double best_score = score(nearest_label);
    for (int i = 0; i < count; ++i) {
      const double candidate = score(label[i]);
      const bool smaller_equal =
          candidate == best_score && best != nearest_label && label[i] < best;
      if (candidate > best_score || smaller_equal) {
        best = label[i];
        best_score = candidate;
      }
    }
    return best;
  }
};

constexpr std::int16_t mixed = std::numeric_limits<std::int16_t>::min();

/// Linear resampling of all labels at once: only the eight voxels around a point have a say.
class LinearVote {
 public:
  LinearVote(const at::Tensor& labels, const Shape& shape)
      : taps_(taps_for(labels, shape, 1)),
        nearest_(taps_for(labels, shape, 0)),
        labels_(labels.const_data_ptr<std::int16_t>()),
        height_(labels.size(1)),
        width_(labels.size(2)) {}

  /// Row (z, y) of the result. `agreed` is room for a source row.
  void vote_row(std::int64_t z, std::int64_t y, std::int16_t* row,
                std::vector<std::int16_t>& agreed) const {
    agree(z, y, agreed);
    const AxisTaps& along_x = taps_[2];
    for (std::int64_t x = 0; x < along_x.extent(); ++x) {
      const std::int16_t first = agreed[along_x.index[x * along_x.count]];
      const std::int16_t last = agreed[along_x.index[(x + 1) * along_x.count - 1]];
      row[x] = first == last && first != mixed ? first : vote({z, y, x});
    }
  }

 private:
  const std::int16_t* source_row(std::int64_t z, std::int64_t y) const {
    return labels_ + (z * height_ + y) * width_;
  }

  /// The label that the source rows around row (z, y) share at each x, or `mixed`.
  void agree(std::int64_t z, std::int64_t y, std::vector<std::int16_t>& agreed) const {
    const auto& [along_z, along_y, along_x] = taps_;
    const std::int16_t* first =
        source_row(along_z.index[z * along_z.count], along_y.index[y * along_y.count]);
    agreed.assign(first, first + width_);
    for (auto a = z * along_z.count; a < (z + 1) * along_z.count; ++a)
      for (auto b = y * along_y.count; b < (y + 1) * along_y.count; ++b) {
        const std::int16_t* other = source_row(along_z.index[a], along_y.index[b]);
        for (std::int64_t x = 0; x < width_; ++x)
          agreed[x] = agreed[x] == other[x] ? agreed[x] : mixed;
      }
  }

  std::int16_t vote(const Shape& at) const {
    Corners corners;
    const auto& [along_z, along_y, along_x] = taps_;
    for (auto a = at[0] * along_z.count; a < (at[0] + 1) * along_z.count; ++a)
      for (auto b = at[1] * along_y.count; b < (at[1] + 1) * along_y.count; ++b)
        for (auto c = at[2] * along_x.count; c < (at[2] + 1) * along_x.count; ++c)
          corners.add(source_row(along_z.index[a], along_y.index[b])[along_x.index[c]],
                      along_z.weight[a] * along_y.weight[b] * along_x.weight[c]);
    return corners.winner(
        source_row(nearest_[0].index[at[0]], nearest_[1].index[at[1]])[nearest_[2].index[at[2]]]);
  }

  Taps taps_, nearest_;
  const std::int16_t* labels_;
  std::int64_t height_, width_;
};

at::Tensor linear(const at::Tensor& labels, const Shape& shape) {
  at::Tensor result = at::empty(shape, at::kShort);
  const LinearVote vote(labels, shape);
  std::int16_t* data = result.data_ptr<std::int16_t>();
  at::parallel_for(0, shape[0] * shape[1], 16, [&](std::int64_t begin, std::int64_t end) {
    std::vector<std::int16_t> agreed;
    for (std::int64_t row = begin; row < end; ++row)
      vote.vote_row(row / shape[1], row % shape[1], data + row * shape[2], agreed);
  });
  return result;
}

at::Tensor cubic(const at::Tensor& labels, const Shape& shape) {
  const at::Tensor nearest_labels = nearest(labels, shape);
  at::Tensor best = at::full(nearest_labels.sizes(), -1, at::kFloat);
  at::Tensor nearest_score = best.clone(), winner = nearest_labels.clone();
  for (const std::int16_t label : labels_present(labels)) {
    const at::Tensor score = resize_image(labels.eq(label).to(at::kFloat), shape, 3).clamp_(0, 1);
    winner.masked_fill_(score.gt(best), label);
    nearest_score = at::where(nearest_labels.eq(label), score, nearest_score);
    best = at::maximum(best, score);
  }
  return at::where(nearest_score.eq(best), nearest_labels, winner);
}

}  // namespace

at::Tensor resize_labels(const at::Tensor& labels, const Shape& shape, int order) {
  const at::Tensor source = labels.contiguous();
  if (order == 0) return nearest(source, shape);
  return order == 1 ? linear(source, shape) : cubic(source, shape);
}

at::Tensor resize_labels_by_threshold(const at::Tensor& labels, const Shape& shape, int order) {
  at::Tensor result = at::zeros(shape, at::kShort);
  for (const std::int16_t label : labels_present(labels)) {
    const at::Tensor score = resize_image(labels.eq(label).to(at::kFloat), shape, order);
    result.masked_fill_(score.gt(0.5), label);
  }
  return result;
}

}  // namespace seg::data
