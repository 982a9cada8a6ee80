#include "predict/label_stream.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "predict/interpolate.hpp"
#include "predict/label_decision.hpp"

namespace seg::train {
namespace {

constexpr std::int16_t undecided = -1;

// Of each voxel of a slice [Y, X, outputs].
at::Tensor most_likely_outputs(const at::Tensor& logits) {
  const std::int64_t count = logits.size(2);
  at::Tensor winners = at::empty({logits.size(0), logits.size(1)}, at::kShort);
  auto* winner = winners.mutable_data_ptr<std::int16_t>();
  const float* scores = logits.const_data_ptr<float>();
  at::parallel_for(0, winners.numel(), 4096, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) winner[i] = most_likely(scores + i * count, count);
  });
  return winners;
}

}  // namespace

/// The rows of logits and winners around a row of the result; nearest-neighbour axes have one.
struct LabelStream::RowSources {
  std::vector<const float*> logits;
  std::vector<const std::int16_t*> winners;
  std::vector<double> weights;
};

std::optional<LabelStream> LabelStream::start(const std::array<std::int64_t, 3>& shape,
                                              const data::TargetGrid& grid,
                                              const plan::Labels& labels) {
  const auto taps = data::neighbour_taps(shape, grid);
  if (!taps) return std::nullopt;
  return LabelStream(labels, *taps);
}

LabelStream::LabelStream(const plan::Labels& labels, const std::array<data::AxisTaps, 3>& taps)
    : labels_(labels),
      taps_(taps),
      result_(at::empty({taps[0].extent(), taps[1].extent(), taps[2].extent()}, at::kShort)) {}

void LabelStream::add(const at::Tensor& logits) {
  previous_ = std::move(current_);
  current_ = {};
  current_.logits = logits.permute({1, 2, 0}).contiguous();
  if (logits.is_cpu() && !labels_.has_regions())
    current_.winners = most_likely_outputs(current_.logits);
  ++received_;
  while (written_ < taps_[0].extent() && is_complete(written_)) write_slice(written_++);
}

bool LabelStream::is_complete(std::int64_t z) const {
  return taps_[0].index[(z + 1) * taps_[0].count - 1] < received_;
}

void LabelStream::write_slice(std::int64_t z) {
  if (scores_) scores_(z, resampled_slice(z));
  if (!current_.logits.is_cpu()) return write_slice_from_device(z);
  auto* data = result_.mutable_data_ptr<std::int16_t>() + z * result_.stride(0);
  at::parallel_for(0, taps_[1].extent(), 8, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t y = begin; y < end; ++y)
      write_row(sources_of(z, y), data + y * result_.stride(1));
  });
}

const LabelStream::Slice& LabelStream::source(std::int64_t tap) const {
  return taps_[0].index[tap] + 1 == received_ ? current_ : previous_;
}

WeightedSlices LabelStream::weighted_slices(std::int64_t z) const {
  WeightedSlices slices;
  for (std::int64_t tap = z * taps_[0].count; tap < (z + 1) * taps_[0].count; ++tap)
    slices.emplace_back(source(tap).logits.permute({2, 0, 1}), taps_[0].weight[tap]);
  return slices;
}

void LabelStream::write_slice_from_device(std::int64_t z) {
  result_[z].copy_(labels_of_slice(weighted_slices(z), taps_[1], taps_[2], labels_));
}

at::Tensor LabelStream::resampled_slice(std::int64_t z) const {
  if (!current_.logits.is_cpu()) return logits_of_slice(weighted_slices(z), taps_[1], taps_[2]);
  const std::int64_t width = taps_[2].extent(), outputs = current_.logits.size(2);
  at::Tensor slice = at::empty({taps_[1].extent(), width, outputs}, at::kFloat);
  auto* data = slice.mutable_data_ptr<float>();
  at::parallel_for(0, taps_[1].extent(), 8, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t y = begin; y < end; ++y) {
      const RowSources sources = sources_of(z, y);
      for (std::int64_t x = 0; x < width; ++x)
        std::ranges::copy(scores_at(sources, x), data + (y * width + x) * outputs);
    }
  });
  return slice.permute({2, 0, 1});
}

LabelStream::RowSources LabelStream::sources_of(std::int64_t z, std::int64_t y) const {
  const auto& [along_z, along_y, along_x] = taps_;
  RowSources sources;
  for (std::int64_t a = z * along_z.count; a < (z + 1) * along_z.count; ++a) {
    const Slice& slice = source(a);
    for (std::int64_t b = y * along_y.count; b < (y + 1) * along_y.count; ++b) {
      const std::int64_t row = along_y.index[b];
      sources.logits.push_back(slice.logits.const_data_ptr<float>() + row * slice.logits.stride(0));
      if (slice.winners.defined())
        sources.winners.push_back(slice.winners.const_data_ptr<std::int16_t>() +
                                  row * slice.winners.stride(0));
      sources.weights.push_back(along_z.weight[a] * along_y.weight[b]);
    }
  }
  return sources;
}

void LabelStream::write_row(const RowSources& sources, std::int16_t* row) const {
  const data::AxisTaps& along_x = taps_[2];
  const std::int64_t width = current_.logits.size(1);
  std::vector<std::int16_t> agreed(static_cast<std::size_t>(width), undecided);
  if (!sources.winners.empty()) agree(sources.winners, agreed);
  for (std::int64_t x = 0; x < along_x.extent(); ++x) {
    const std::int16_t first = agreed[along_x.index[x * along_x.count]];
    const std::int16_t last = agreed[along_x.index[(x + 1) * along_x.count - 1]];
    row[x] = first == last && first != undecided
                 ? static_cast<std::int16_t>(labels_.all[static_cast<std::size_t>(first)])
                 : label_of_voxel(scores_at(sources, x), labels_);
  }
}

const std::vector<float>& LabelStream::scores_at(const RowSources& sources, std::int64_t x) const {
  const data::AxisTaps& along_x = taps_[2];
  const std::int64_t outputs = current_.logits.size(2);
  thread_local std::vector<double> mixed, sum;
  thread_local std::vector<float> scores;
  sum.assign(static_cast<std::size_t>(outputs), 0);
  for (std::int64_t tap = x * along_x.count; tap < (x + 1) * along_x.count; ++tap) {
    mixed.assign(static_cast<std::size_t>(outputs), 0);
    for (std::size_t i = 0; i < sources.logits.size(); ++i)
      add_weighted(sources.logits[i] + along_x.index[tap] * outputs, sources.weights[i], mixed);
    add_weighted(mixed.data(), along_x.weight[tap], sum);
  }
  scores.assign(sum.begin(), sum.end());
  return scores;
}

}  // namespace seg::train
