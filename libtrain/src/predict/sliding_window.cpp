#include "seg/train/sliding_window.hpp"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>

#include "autocast.hpp"

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

// Mean logits [B, outputs, Z, Y, X] over all mirrored views of [B, C, Z, Y, X].
at::Tensor mirrored_logits(net::Network& network, const at::Tensor& tiles,
                           const SlidingWindowOptions& options) {
  const bool flat = options.patch_size.size() == 2;
  const at::Tensor x = flat ? tiles.squeeze(2) : tiles;
  const auto views = flips(options.mirror_axes);
  at::Tensor sum;
  for (const Axes& axes : views) {
    const at::Tensor logits = network.forward(axes.empty() ? x : x.flip(axes)).front();
    const at::Tensor upright = (axes.empty() ? logits : logits.flip(axes)).to(at::kFloat);
    sum = sum.defined() ? sum.add_(upright) : upright;
  }
  const at::Tensor mean = sum / static_cast<double>(views.size());
  return flat ? mean.unsqueeze(2) : mean;
}

// Small tiles go through the network together; the budget keeps activations small.
std::size_t tiles_per_forward(const Extent& patch, at::Device device) {
  const std::int64_t budget = std::int64_t{1} << (device.is_cpu() ? 17 : 21);
  return std::clamp<std::int64_t>(budget / (patch[0] * patch[1] * patch[2]), 1, 64);
}

// Weighted sum of overlapping tiles.
struct Mosaic {
  at::Tensor sum, weight;  // [outputs, Z, Y, X], [Z, Y, X]

  void add(const at::Tensor& logits, const at::Tensor& importance, const Extent& start) {
    const Extent size = {importance.size(0), importance.size(1), importance.size(2)};
    if (!sum.defined())
      sum = at::zeros({logits.size(0), weight.size(0), weight.size(1), weight.size(2)},
                      weight.options());
    box(sum, start, size).addcmul_(logits.to(sum.device()), importance);
    box(weight, start, size).add_(importance);
  }
};

at::Tensor importance_of(const SlidingWindowOptions& options, const Extent& patch) {
  const at::Tensor map = options.gaussian ? gaussian_map(options.patch_size, 10)
                                          : at::ones(options.patch_size, at::kFloat);
  return map.view(patch);
}

// `data` lies where the mosaic is put together; tiles are computed on options.device.
at::Tensor stitched_logits(net::Network& network, const at::Tensor& data,
                           const SlidingWindowOptions& options) {
  const Extent patch = extent_of(options.patch_size);
  const auto tiles = tiles_of({data.size(1), data.size(2), data.size(3)}, options);
  const std::size_t step = tiles_per_forward(patch, options.device);
  const at::Tensor importance = importance_of(options, patch).to(data.device());
  Mosaic mosaic{{}, at::zeros(data.sizes().slice(1), data.options())};
  for (std::size_t first = 0; first < tiles.size(); first += step) {
    const std::size_t count = std::min(step, tiles.size() - first);
    std::vector<at::Tensor> batch;
    for (std::size_t i = 0; i < count; ++i) batch.push_back(box(data, tiles[first + i], patch));
    const at::Tensor logits =
        mirrored_logits(network, at::stack(batch).to(options.device), options);
    for (std::size_t i = 0; i < count; ++i) mosaic.add(logits[i], importance, tiles[first + i]);
  }
  return mosaic.sum.div_(mosaic.weight);
}

// Put together on the device, or in main memory when the device has too little.
at::Tensor stitched_where_it_fits(net::Network& network, const at::Tensor& data,
                                  const SlidingWindowOptions& options) {
  if (!options.device.is_cpu()) {
    try {
      return stitched_logits(network, data.to(options.device), options).to(at::kCPU);
    } catch (const c10::OutOfMemoryError&) {
      // Tried again below, after the device's tensors are gone.
    }
  }
  return stitched_logits(network, data, options);
}

}  // namespace

at::Tensor sliding_window_logits(net::Network& network, const at::Tensor& data,
                                 const SlidingWindowOptions& options) {
  const at::NoGradGuard no_gradients;
  const Autocast autocast(options.device, options.precision);
  network.eval();
  const Padding padding = padding_to(extent_of(options.patch_size), data.sizes());
  const at::Tensor logits = stitched_where_it_fits(network, pad(data, padding), options);
  return box(logits, padding.before, {data.size(1), data.size(2), data.size(3)}).contiguous();
}

}  // namespace seg::train
