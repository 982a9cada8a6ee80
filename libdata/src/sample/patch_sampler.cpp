#include "seg/data/patch_sampler.hpp"

namespace seg::data {
namespace {

using Extent = std::array<std::int64_t, 3>;

Extent three_axes(const std::vector<std::int64_t>& patch) {
  if (patch.size() == 2) return {1, patch[0], patch[1]};
  return {patch.at(0), patch.at(1), patch.at(2)};
}

// Copies what lies inside `source` ([C, Z, Y, X]) from `start` on into `patch`.
void copy_inside(const at::Tensor& source, const Extent& start, at::Tensor patch) {
  at::Tensor inside = source;
  for (std::int64_t axis = 0; axis < 3; ++axis) {
    const std::int64_t first = start[static_cast<std::size_t>(axis)];
    const std::int64_t begin = std::max<std::int64_t>(first, 0);
    const std::int64_t end = std::min(first + patch.size(axis + 1), source.size(axis + 1));
    if (end <= begin) return;
    inside = inside.narrow(axis + 1, begin, end - begin);
    patch = patch.narrow(axis + 1, begin - first, end - begin);
  }
  patch.copy_(inside);
}

bool must_have_foreground(const SamplerOptions& options, const DrawPosition& position) {
  if (options.oversampling == Oversampling::last_items)
    return forced_foreground(static_cast<std::int64_t>(position.item), options.batch_size,
                             options.foreground_fraction);
  CountedRandom random(position, options.validation ? Purpose::validation_forced_foreground
                                                    : Purpose::forced_foreground);
  return random.chance(forced_chance(options));
}

struct Item {
  const StoredCase* source;
  Extent start;
};

Item draw_item(const std::vector<StoredCase>& cases, const SamplerOptions& options,
               const plan::Labels& labels, const DrawPosition& position) {
  CountedRandom choice(position,
                       options.validation ? Purpose::validation_case_choice : Purpose::case_choice);
  CountedRandom place_random(
      position, options.validation ? Purpose::validation_patch_position : Purpose::patch_position);
  const auto last = static_cast<std::int64_t>(cases.size()) - 1;
  const StoredCase& source = cases[static_cast<std::size_t>(choice.integer(0, last))];
  require_whole(source);
  PatchPlace place;
  place.shape = {source.data.size(1), source.data.size(2), source.data.size(3)};
  place.patch = three_axes(options.patch_size);
  place.final_patch = three_axes(options.final_patch_size);
  place.forced = must_have_foreground(options, position);
  place.has_ignore = labels.ignore.has_value();
  return {&source, patch_start(place, source.class_locations, [&](auto low, auto high) {
            return place_random.integer(low, high);
          })};
}

void copy_item(const Item& item, const at::Tensor& data, const at::Tensor& seg) {
  const StoredCase& source = *item.source;
  copy_inside(source.data, item.start, data);
  copy_inside(source.seg, item.start, seg.narrow(0, 0, 1));
  if (source.previous_stage.defined())
    copy_inside(source.previous_stage, item.start, seg.narrow(0, 1, 1));
}

}  // namespace

RawBatch sample_batch(const std::vector<StoredCase>& cases, const SamplerOptions& options,
                      const plan::Labels& labels, std::uint64_t epoch, std::uint64_t iteration) {
  const Extent patch = three_axes(options.patch_size);
  const std::int64_t segs = cases.at(0).previous_stage.defined() ? 2 : 1;
  RawBatch batch;
  batch.epoch = epoch;
  batch.iteration = iteration;
  const RankShare share = options.share.value_or(RankShare{0, options.batch_size});
  const std::int64_t items = share.end - share.first;
  batch.first_item = static_cast<std::uint64_t>(share.first);
  batch.data = at::zeros({items, cases[0].data.size(0), patch[0], patch[1], patch[2]}, at::kFloat);
  batch.seg = at::full({items, segs, patch[0], patch[1], patch[2]}, -1, at::kShort);
  for (std::int64_t i = 0; i < items; ++i) {
    const DrawPosition position{options.seed, epoch, iteration,
                                static_cast<std::uint64_t>(share.first + i)};
    const Item item = draw_item(cases, options, labels, position);
    copy_item(item, batch.data[i], batch.seg[i]);
    batch.cases.push_back(item.source->name);
  }
  if (options.patch_size.size() == 2) {
    batch.data = batch.data.squeeze(2);
    batch.seg = batch.seg.squeeze(2);
  }
  return batch;
}

}  // namespace seg::data
