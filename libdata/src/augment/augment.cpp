#include "seg/data/augment.hpp"

#include <ATen/Parallel.h>

#include "augment/item_transforms.hpp"
#include "seg/data/augment_cascade.hpp"
#include "seg/data/augment_labels.hpp"

namespace seg::data {
namespace {

std::int64_t foreground_count(const plan::Labels& labels) {
  return static_cast<std::int64_t>(labels.all.size()) - 1;
}

DrawGeometry draw_geometry(const RawBatch& raw, const AugmentationOptions& options) {
  DrawGeometry geometry;
  geometry.channels = static_cast<int>(raw.data.size(1));
  geometry.axes = static_cast<int>(options.patch_size.size());
  geometry.dummy_2d = options.geometry.dummy_2d;
  geometry.rotation_range = options.geometry.rotation_range;
  if (options.mirror) geometry.mirror_axes = options.geometry.mirror_axes;
  if (options.cascade) geometry.previous_labels = foreground_count(options.labels);
  return geometry;
}

std::vector<ItemDraws> draw_items(const RawBatch& raw, const AugmentationOptions& options) {
  const DrawGeometry geometry = draw_geometry(raw, options);
  std::vector<ItemDraws> draws;
  for (std::int64_t i = 0; i < raw.data.size(0); ++i) {
    const auto item = static_cast<std::uint64_t>(i);
    CountedRandom random({options.seed, raw.epoch, raw.iteration, item}, Purpose::augmentation);
    draws.push_back(draw_augmentation(random, geometry, options.table));
  }
  return draws;
}

at::Tensor empty_patches(const at::Tensor& like, const std::vector<std::int64_t>& patch) {
  std::vector<std::int64_t> shape{like.size(0), like.size(1)};
  shape.insert(shape.end(), patch.begin(), patch.end());
  return at::empty(shape, like.options());
}

// One item at a time and thread on the CPU, the whole batch at once elsewhere.
template <typename Function>
void for_each_chunk(const at::Tensor& batch, const Function& function) {
  const std::int64_t items = batch.size(0);
  if (!batch.is_cpu()) return function(0, items);
  at::parallel_for(0, items, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) function(i, 1);
  });
}

Patches training_patches(const RawBatch& raw, const AugmentationOptions& options,
                         const std::vector<ItemDraws>& draws) {
  const Patches out{empty_patches(raw.data, options.patch_size),
                    empty_patches(raw.seg, options.patch_size)};
  for_each_chunk(raw.data, [&](std::int64_t first, std::int64_t count) {
    const std::vector<ItemDraws> chunk(draws.begin() + first, draws.begin() + first + count);
    const Patches from{raw.data.narrow(0, first, count), raw.seg.narrow(0, first, count)};
    const Patches to{out.data.narrow(0, first, count), out.seg.narrow(0, first, count)};
    move_items(from, to, {chunk, possible_labels(options.labels)});
    change_intensities(to.data, chunk);
    mirror_items(to, chunk);
    mask_outside(to.data, to.seg, options.use_mask_for_norm);
  });
  return out;
}

at::Tensor without_outside(const at::Tensor& segs) { return segs.masked_fill(segs.eq(-1), 0); }

std::vector<at::Tensor> targets(const at::Tensor& segs, const AugmentationOptions& options) {
  const at::Tensor own = segs.narrow(1, 0, 1);
  const at::Tensor full = options.labels.has_regions() ? region_channels(own, options.labels) : own;
  if (options.deep_supervision_scales.empty()) return {full};
  return deep_supervision_targets(full, options.deep_supervision_scales);
}

at::Tensor with_previous_stage(const Patches& patches, const AugmentationOptions& options,
                               const std::vector<ItemDraws>& draws) {
  const at::Tensor data = append_one_hot(patches.data, patches.seg.narrow(1, 1, 1), options.labels);
  const std::int64_t labels = foreground_count(options.labels);
  const at::Tensor one_hot = data.narrow(1, data.size(1) - labels, labels);
  for (std::size_t i = 0; i < draws.size(); ++i) {
    const at::Tensor item = one_hot[static_cast<std::int64_t>(i)];
    for (const auto& draw : draws[i].morphology) apply_morphology(item, draw);
    for (const auto& draw : draws[i].removals)
      remove_component(item, draw, options.table.removal_largest_share);
  }
  return data;
}

}  // namespace

Batch augment(const RawBatch& raw, const AugmentationOptions& options) {
  const auto draws = options.train ? draw_items(raw, options) : std::vector<ItemDraws>{};
  Patches patches{raw.data, raw.seg};
  if (options.train) patches = training_patches(raw, options, draws);
  patches.seg = without_outside(patches.seg);
  if (options.cascade) patches.data = with_previous_stage(patches, options, draws);
  return {patches.data, targets(patches.seg, options)};
}

}  // namespace seg::data
