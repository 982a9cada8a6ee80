#include "seg/data/augment.hpp"

#include <ATen/Parallel.h>

#include "augment/rotation_zoom.hpp"
#include "augment/skeleton.hpp"
#include "augment/transforms.hpp"
#include "seg/data/augment_labels.hpp"

namespace seg::data {
namespace {

std::int64_t foreground_count(const plan::Labels& labels) {
  return static_cast<std::int64_t>(labels.all.size()) - 1;
}

ItemFormat format_of(const RawBatch& raw, const AugmentationOptions& options) {
  ItemFormat format;
  format.channels = static_cast<int>(raw.data.size(1));
  format.axes = static_cast<int>(options.patch_size.size());
  format.patch = options.patch_size;
  format.dummy_2d = options.geometry.dummy_2d;
  format.rotation_range = options.geometry.rotation_range;
  if (options.mirror) format.mirror_axes = options.geometry.mirror_axes;
  if (options.cascade) format.previous_labels = foreground_count(options.labels);
  return format;
}

std::vector<int> possible_labels(const plan::Labels& labels) {
  std::vector<int> values{-1};
  values.insert(values.end(), labels.all.begin(), labels.all.end());
  if (labels.ignore) values.push_back(*labels.ignore);
  return values;
}

at::Tensor empty_patches(const at::Tensor& like, const std::vector<std::int64_t>& patch) {
  std::vector<std::int64_t> shape{like.size(0), like.size(1)};
  shape.insert(shape.end(), patch.begin(), patch.end());
  return at::empty(shape, like.options());
}

void copy_center(const at::Tensor& raw, const at::Tensor& patches, double outside) {
  const bool flat = raw.dim() == 4;
  const at::Tensor to = flat ? patches.unsqueeze(2) : patches;
  const Extent3 extent{to.size(2), to.size(3), to.size(4)};
  to.copy_(center_crop(flat ? raw.unsqueeze(2) : raw, extent, outside));
}

// Some items, one after the other in the batch, from number `first` on.
struct Chunk {
  Items items;
  std::int64_t first = 0;
};

Chunk chunk_of(const Items& batch, std::int64_t first, std::int64_t count) {
  const auto part = [&](const at::Tensor& whole) {
    return whole.defined() ? whole.narrow(0, first, count) : whole;
  };
  return {{part(batch.raw_data), part(batch.raw_seg), part(batch.data), part(batch.seg),
           part(batch.previous), batch.labels, batch.sampling},
          first};
}

// One item at a time and thread on the CPU, the whole batch at once elsewhere.
template <typename Function>
void for_each_chunk(const Items& batch, const Function& function) {
  const std::int64_t items = batch.data.size(0);
  if (!batch.data.is_cpu()) return function(chunk_of(batch, 0, items));
  at::parallel_for(0, items, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) function(chunk_of(batch, i, 1));
  });
}

/// The transforms of one batch.
struct Augmentation {
  const RawBatch& raw;
  const AugmentationOptions& options;
  ItemFormat format = format_of(raw, options);

  std::vector<Drawn> draws(const Transform& transform, const Chunk& chunk) const {
    std::vector<Drawn> drawn;
    for (std::int64_t i = 0; i < chunk.items.data.size(0); ++i) {
      const auto item = raw.first_item + static_cast<std::uint64_t>(chunk.first + i);
      drawn.push_back(drawn_for(transform, {options.seed, raw.epoch, raw.iteration, item}, format,
                                options.table));
    }
    return drawn;
  }

  void run(const std::vector<Transform>& list, const Chunk& chunk) const {
    for (const auto& transform : list) transform.apply(chunk.items, draws(transform, chunk));
  }
};

Items training_patches(const Augmentation& augmentation) {
  const auto& raw = augmentation.raw;
  const auto& options = augmentation.options;
  Items batch{raw.data,
              raw.seg,
              empty_patches(raw.data, options.patch_size),
              empty_patches(raw.seg, options.patch_size),
              {},
              possible_labels(options.labels),
              options.sampling};
  for_each_chunk(batch, [&](const Chunk& chunk) {
    copy_center(chunk.items.raw_data, chunk.items.data, 0);
    copy_center(chunk.items.raw_seg, chunk.items.seg, -1);
    augmentation.run(patch_transforms(), chunk);
    mask_outside(chunk.items.data, chunk.items.seg, options.use_mask_for_norm);
  });
  return batch;
}

at::Tensor without_outside(const at::Tensor& segs) { return segs.masked_fill(segs.eq(-1), 0); }

/// Of each item; none of the ignore label.
at::Tensor skeletons(const at::Tensor& segs, const AugmentationOptions& options) {
  const at::Tensor labels = segs.cpu(), result = at::empty_like(labels);
  at::parallel_for(0, labels.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      at::Tensor item = labels[i][0];
      if (options.labels.ignore) item = item.masked_fill(item.eq(*options.labels.ignore), 0);
      result[i][0].copy_(label_skeleton(item, *options.skeleton));
    }
  });
  return result.to(segs.device());
}

std::vector<at::Tensor> targets(const at::Tensor& segs, const AugmentationOptions& options) {
  const at::Tensor own = segs.narrow(1, 0, 1);
  at::Tensor full = options.labels.has_regions() ? region_channels(own, options.labels) : own;
  if (options.skeleton) full = at::cat({own, skeletons(own, options)}, 1);
  if (options.deep_supervision_scales.empty()) return {full};
  return deep_supervision_targets(full, options.deep_supervision_scales);
}

// The previous stage's labels become input channels, spoilt in training.
at::Tensor with_previous_stage(Items batch, const Augmentation& augmentation) {
  const auto& options = augmentation.options;
  const at::Tensor data = append_one_hot(batch.data, batch.seg.narrow(1, 1, 1), options.labels);
  const std::int64_t labels = foreground_count(options.labels);
  batch.previous = data.narrow(1, data.size(1) - labels, labels);
  if (options.train)
    for_each_chunk(
        batch, [&](const Chunk& chunk) { augmentation.run(previous_stage_transforms(), chunk); });
  return data;
}

}  // namespace

Batch augment(const RawBatch& raw, const AugmentationOptions& options) {
  const Augmentation augmentation{raw, options};
  Items batch{raw.data, raw.seg, raw.data, raw.seg, {}, {}, {}};
  if (options.train) batch = training_patches(augmentation);
  batch.seg = without_outside(batch.seg);
  if (options.cascade) batch.data = with_previous_stage(batch, augmentation);
  return {batch.data, targets(batch.seg, options)};
}

}  // namespace seg::data
