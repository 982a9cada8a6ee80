#include "predict/segment.hpp"

#include "predict/label_decision.hpp"
#include "seg/data/scratch_array.hpp"

namespace seg::train {
namespace {

/// One for each grid; none when one of them needs the logits of the whole scan.
std::vector<LabelStream> start_streams(at::IntArrayRef shape, const SegmentOptions& options) {
  std::vector<LabelStream> streams;
  for (const data::TargetGrid& grid : options.grids) {
    auto stream = LabelStream::start({shape[1], shape[2], shape[3]}, grid, options.labels);
    if (!stream) return {};
    streams.push_back(std::move(*stream));
  }
  if (options.scores) streams.front().tell_scores(options.scores);
  return streams;
}

/// Slice by slice, after each output was resampled on its own.
at::Tensor labels_and_scores(const at::Tensor& logits, const SegmentOptions& options) {
  const data::TargetGrid& grid = options.grids.front();
  const auto& [depth, height, width] = grid.shape;
  at::Tensor resampled =
      data::scratch_array({logits.size(0), depth, height, width}, options.window.scratch.scores);
  for (std::int64_t k = 0; k < logits.size(0); ++k)
    resampled[k].copy_(data::resample(logits.narrow(0, k, 1), grid)[0]);
  at::Tensor labels = at::empty({depth, height, width}, at::kShort);
  for (std::int64_t z = 0; z < depth; ++z) {
    const at::Tensor slice = resampled.select(1, z);
    labels[z].copy_(labels_of_logits(slice, options.labels));
    options.scores(z, slice);
  }
  return labels;
}

/// @param feed gives slices to the sink that it is called with.
template <class Feed>
std::vector<at::Tensor> labels_of(std::vector<LabelStream> streams, const Feed& feed) {
  feed([&](const at::Tensor& slice) {
    for (LabelStream& stream : streams) stream.add(slice);
  });
  std::vector<at::Tensor> labels;
  for (const LabelStream& stream : streams) labels.push_back(stream.result());
  return labels;
}

}  // namespace

std::vector<at::Tensor> labels_on_grids(const at::Tensor& logits, const SegmentOptions& options) {
  auto streams = start_streams(logits.sizes(), options);
  if (!streams.empty())
    return labels_of(std::move(streams), [&](const SliceSink& sink) {
      for (std::int64_t z = 0; z < logits.size(1); ++z) sink(logits.select(1, z));
    });
  std::vector<at::Tensor> labels;
  for (const data::TargetGrid& grid : options.grids)
    labels.push_back(options.scores && labels.empty()
                         ? labels_and_scores(logits, options)
                         : labels_on_grid(logits, grid, options.labels));
  return labels;
}

std::vector<at::Tensor> segment_scan(const Networks& networks, const at::Tensor& data,
                                     const SegmentOptions& options) {
  auto streams = start_streams(data.sizes(), options);
  if (streams.empty())
    return labels_on_grids(sliding_window_logits(networks, data, options.window), options);
  return labels_of(std::move(streams), [&](const SliceSink& sink) {
    sliding_window(networks, data, options.window, sink);
  });
}

}  // namespace seg::train
