#include "predict/segment.hpp"

#include "predict/label_stream.hpp"

namespace seg::train {
namespace {

/// One for each grid; none when one of them needs the logits of the whole scan.
std::vector<LabelStream> start_streams(const at::Tensor& data, const SegmentOptions& options) {
  std::vector<LabelStream> streams;
  for (const data::TargetGrid& grid : options.grids) {
    auto stream =
        LabelStream::start({data.size(1), data.size(2), data.size(3)}, grid, options.labels);
    if (!stream) return {};
    streams.push_back(std::move(*stream));
  }
  return streams;
}

}  // namespace

std::vector<at::Tensor> labels_on_grids(const at::Tensor& logits, const SegmentOptions& options) {
  std::vector<at::Tensor> labels;
  for (const data::TargetGrid& grid : options.grids)
    labels.push_back(labels_on_grid(logits, grid, options.labels));
  return labels;
}

std::vector<at::Tensor> segment_scan(const Networks& networks, const at::Tensor& data,
                                     const SegmentOptions& options) {
  auto streams = start_streams(data, options);
  if (streams.empty())
    return labels_on_grids(sliding_window_logits(networks, data, options.window), options);
  sliding_window(networks, data, options.window, [&](const at::Tensor& slice) {
    for (LabelStream& stream : streams) stream.add(slice);
  });
  std::vector<at::Tensor> labels;
  for (const LabelStream& stream : streams) labels.push_back(stream.result());
  return labels;
}

}  // namespace seg::train
