#include "predict/segment.hpp"

#include "predict/label_stream.hpp"

namespace seg::train {

at::Tensor segment_scan(const Networks& networks, const at::Tensor& data,
                        const SegmentOptions& options) {
  auto stream =
      LabelStream::start({data.size(1), data.size(2), data.size(3)}, options.grid, options.labels);
  if (!stream)
    return labels_on_grid(sliding_window_logits(networks, data, options.window), options.grid,
                          options.labels);
  sliding_window(networks, data, options.window,
                 [&](const at::Tensor& slice) { stream->add(slice); });
  return stream->result();
}

}  // namespace seg::train
