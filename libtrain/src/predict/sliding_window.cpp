#include "seg/train/sliding_window.hpp"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>

#include "base/autocast.hpp"
#include "seg/data/scratch_array.hpp"

namespace seg::train {
namespace {

using Extent = std::array<std::int64_t, 3>;
using Axes = std::vector<std::int64_t>;

// Of the spatial axes [Z, Y, X]; a 2D patch is one slice thick.
Extent extent_of(const std::vector<std::int64_t>& patch) {
  if (patch.size() == 2) return {1, patch[0], patch[1]};
  return {patch.at(0), patch.at(1), patch.at(2)};
}

struct Padding {
  Extent before{}, after{};
};

Padding padding_to(const Extent& patch, at::IntArrayRef shape) {
  Padding padding;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const std::int64_t lacking = std::max<std::int64_t>(patch[axis] - shape[axis + 1], 0);
    padding.before[axis] = lacking / 2;
    padding.after[axis] = lacking - lacking / 2;
  }
  return padding;
}

at::Tensor pad(const at::Tensor& data, const Padding& padding) {
  const auto& [before, after] = padding;
  if (before == Extent{} && after == Extent{}) return data;
  return at::constant_pad_nd(data, {before[2], after[2], before[1], after[1], before[0], after[0]});
}

// A box of a volume whose last three axes are [Z, Y, X]; shares its memory.
at::Tensor box(const at::Tensor& volume, const Extent& start, const Extent& size) {
  at::Tensor view = volume;
  for (std::int64_t axis = 0; axis < 3; ++axis)
    view = view.narrow(axis - 3, start[axis], size[axis]);
  return view;
}

std::vector<Extent> tiles_of(const Extent& image, const SlidingWindowOptions& options) {
  const bool flat = options.patch_size.size() == 2;
  auto starts = tile_starts({image.begin() + (flat ? 1 : 0), image.end()}, options.patch_size,
                            options.step_size);
  if (flat) {
    starts.insert(starts.begin(), Axes(image[0]));
    std::iota(starts[0].begin(), starts[0].end(), 0);
  }
  std::vector<Extent> tiles;
  for (const auto z : starts[0])
    for (const auto y : starts[1])
      for (const auto x : starts[2]) tiles.push_back({z, y, x});
  return tiles;
}

// Every subset of the mirror axes, the empty one first, as axes of [B, C, ...].
std::vector<Axes> flips(const std::vector<int>& mirror_axes) {
  std::vector<Axes> all;
  for (std::size_t count = 0; count <= mirror_axes.size(); ++count) {
    std::vector<bool> chosen(mirror_axes.size());
    std::fill_n(chosen.begin(), count, true);
    do {
      Axes axes;
      for (std::size_t i = 0; i < chosen.size(); ++i)
        if (chosen[i]) axes.push_back(mirror_axes[i] + 2);
      all.push_back(axes);
    } while (std::prev_permutation(chosen.begin(), chosen.end()));
  }
  return all;
}

// Sum of the logits [B, outputs, ...] of all mirrored views of x [B, C, ...].
at::Tensor summed_views(net::Network& network, const at::Tensor& x,
                        const std::vector<Axes>& views) {
  at::Tensor sum;
  for (const Axes& axes : views) {
    const at::Tensor logits = network.forward(axes.empty() ? x : x.flip(axes)).front();
    const at::Tensor upright = (axes.empty() ? logits : logits.flip(axes)).to(at::kFloat);
    sum = sum.defined() ? sum.add_(upright) : upright;
  }
  return sum;
}

// Sum of the logits [B, outputs, Z, Y, X] of all networks and mirrored views of [B, C, Z, Y, X].
at::Tensor summed_logits(const Networks& networks, const at::Tensor& tiles,
                         const SlidingWindowOptions& options) {
  const bool flat = options.patch_size.size() == 2;
  const auto views = flips(options.mirror_axes);
  at::Tensor sum;
  for (const auto& network : networks) {
    const at::Tensor logits = summed_views(*network, flat ? tiles.squeeze(2) : tiles, views);
    sum = sum.defined() ? sum.add_(logits) : logits;
  }
  return flat ? sum.unsqueeze(2) : sum;
}

/// Room on the device, or in main memory when the device has too little. A new file holds zeros.
at::Tensor zeros_where_they_fit(at::IntArrayRef shape, at::Device device,
                                const ScratchFolders& scratch) {
  if (device.is_cpu())
    return scratch.sums ? data::scratch_array(shape, scratch.sums) : at::zeros(shape);
  try {
    return at::zeros(shape, at::device(device));
  } catch (const c10::OutOfMemoryError&) {
    return at::zeros(shape);
  }
}

at::Tensor moved_where_it_fits(const at::Tensor& data, at::Device device) {
  if (device.is_cpu()) return data;
  try {
    return data.to(device);
  } catch (const c10::OutOfMemoryError&) {
    return data;
  }
}

// Weighted sum of overlapping tiles, for as many slices as a tile is thick: slice z lies at place
// z % depth until no later tile reaches it. In memory the outputs of a voxel are side by side.
class Mosaic {
 public:
  /// @param views how many logits each sum that is added consists of.
  Mosaic(const Extent& volume, const SlidingWindowOptions& options, std::size_t views)
      : volume_(volume),
        depth_(extent_of(options.patch_size)[0]),
        views_(static_cast<double>(views)),
        scratch_(options.scratch) {}

  void add(const at::Tensor& logits, const at::Tensor& importance, const Extent& start) {
    if (!sum_.defined()) allocate(logits);
    const at::Tensor values = logits.to(sum_.device()), shares = importance.to(sum_.device());
    std::int64_t count = 0;
    for (std::int64_t z = 0; z < shares.size(0); z += count) {
      const std::int64_t place = (start[0] + z) % depth_;
      count = std::min(shares.size(0) - z, depth_ - place);
      const Extent first{place, start[1], start[2]}, size{count, shares.size(1), shares.size(2)};
      box(sum_, first, size).addcmul_(values.narrow(1, z, count), shares.narrow(0, z, count));
      box(weight_, first, size).add_(shares.narrow(0, z, count));
    }
  }

  /// The mean of slice z, [outputs, Y, X], which then makes room for slice z + depth.
  at::Tensor take(std::int64_t z) {
    const at::Tensor sum = sum_.select(1, z % depth_), weight = weight_.select(0, z % depth_);
    const at::Tensor mean = sum / (weight * views_);
    sum.zero_();
    weight.zero_();
    return mean;
  }

 private:
  void allocate(const at::Tensor& logits) {
    sum_ = zeros_where_they_fit({depth_, volume_[1], volume_[2], logits.size(0)}, logits.device(),
                                scratch_)
               .permute({3, 0, 1, 2});
    weight_ = at::zeros({depth_, volume_[1], volume_[2]}, sum_.options());
  }

  Extent volume_;
  std::int64_t depth_;
  double views_;
  ScratchFolders scratch_;
  at::Tensor sum_, weight_;  // [outputs, depth, Y, X], [depth, Y, X]
};

at::Tensor importance_of(const SlidingWindowOptions& options, const Extent& patch) {
  const at::Tensor map = options.gaussian ? gaussian_map(options.patch_size, 10)
                                          : at::ones(options.patch_size, at::kFloat);
  return map.view(patch).to(options.device);
}

// Hands out the slices that are complete, without the padding.
struct SliceOutlet {
  Mosaic& mosaic;
  const Padding& padding;
  Extent size;  // of the scan
  const SliceSink& sink;
  std::int64_t next = 0;

  void flush(std::int64_t end) {
    for (; next < end; ++next) {
      const at::Tensor slice = mosaic.take(next);
      if (next < padding.before[0] || next >= padding.before[0] + size[0]) continue;
      sink(slice.narrow(1, padding.before[1], size[1]).narrow(2, padding.before[2], size[2]));
    }
  }
};

// `data` is padded; tiles are computed on options.device.
void stitch(const Networks& networks, const at::Tensor& data, const SlidingWindowOptions& options,
            SliceOutlet& outlet) {
  const Extent patch = extent_of(options.patch_size);
  const auto tiles = tiles_of({data.size(1), data.size(2), data.size(3)}, options);
  const auto step = static_cast<std::size_t>(tiles_at_a_time(options));
  const at::Tensor importance = importance_of(options, patch);
  for (std::size_t first = 0; first < tiles.size(); first += step) {
    if (options.progress) options.progress(first, tiles.size());
    const std::size_t count = std::min(step, tiles.size() - first);
    std::vector<at::Tensor> batch;
    for (std::size_t i = 0; i < count; ++i) batch.push_back(box(data, tiles[first + i], patch));
    const at::Tensor logits = summed_logits(networks, at::stack(batch).to(options.device), options);
    for (std::size_t i = 0; i < count; ++i) {
      outlet.flush(tiles[first + i][0]);  // later tiles begin here or behind
      outlet.mosaic.add(logits[i], importance, tiles[first + i]);
    }
  }
  outlet.flush(data.size(1));
  if (options.progress) options.progress(tiles.size(), tiles.size());
}

}  // namespace

std::int64_t tiles_at_a_time(const SlidingWindowOptions& options) {
  const Extent patch = extent_of(options.patch_size);
  const std::int64_t budget = std::int64_t{1} << (options.device.is_cpu() ? 17 : 21);
  return std::clamp<std::int64_t>(budget / (patch[0] * patch[1] * patch[2]), 1, 64);
}

void sliding_window(const Networks& networks, const at::Tensor& data,
                    const SlidingWindowOptions& options, const SliceSink& sink) {
  const at::NoGradGuard no_gradients;
  const Autocast autocast(options.device, options.precision);
  for (const auto& network : networks) network->eval();
  const Extent patch = extent_of(options.patch_size);
  const Padding padding = padding_to(patch, data.sizes());
  const at::Tensor padded = moved_where_it_fits(pad(data, padding), options.device);
  Mosaic mosaic({padded.size(1), padded.size(2), padded.size(3)}, options,
                networks.size() << options.mirror_axes.size());
  SliceOutlet outlet{mosaic, padding, {data.size(1), data.size(2), data.size(3)}, sink};
  stitch(networks, padded, options, outlet);
}

at::Tensor sliding_window_logits(const Networks& networks, const at::Tensor& data,
                                 const SlidingWindowOptions& options) {
  at::Tensor logits;
  std::int64_t z = 0;
  sliding_window(networks, data, options, [&](const at::Tensor& slice) {
    if (!logits.defined())
      logits = data::scratch_array({slice.size(0), data.size(1), data.size(2), data.size(3)},
                                   options.scratch.scores);
    logits.select(1, z++).copy_(slice);
  });
  return logits;
}

}  // namespace seg::train
