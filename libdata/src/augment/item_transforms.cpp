#include "augment/item_transforms.hpp"

#include <map>

#include "augment/drawn_rows.hpp"
#include "seg/data/augment_intensity.hpp"
#include "seg/data/augment_spatial.hpp"

namespace seg::data {
namespace {

bool is_drawn(double) { return true; }
bool is_drawn(const std::vector<double>& parameters) { return !parameters.empty(); }

// Calls `change(rows, parameters)` for the channels of all items for which something was drawn.
template <typename Parameter, typename Change>
void change_drawn(const at::Tensor& data, const std::vector<ItemDraws>& draws,
                  std::vector<Parameter> ItemDraws::*drawn, const Change& change) {
  Rows rows;
  std::vector<Parameter> parameters;
  for (std::size_t item = 0; item < draws.size(); ++item) {
    const auto& channels = draws[item].*drawn;
    for (std::size_t c = 0; c < channels.size(); ++c) {
      if (!is_drawn(channels[c])) continue;
      rows.push_back(static_cast<std::int64_t>(item) * data.size(1) + static_cast<std::int64_t>(c));
      parameters.push_back(channels[c]);
    }
  }
  if (rows.empty()) return;
  const at::Tensor all = data.flatten(0, 1), taken = take_rows(all, rows);
  change(taken, parameters);
  put_rows(all, rows, taken);
}

void add_drawn_noise(const at::Tensor& data, const std::vector<ItemDraws>& draws) {
  for (std::size_t i = 0; i < draws.size(); ++i)
    if (const auto& noise = draws[i].noise)
      add_noise(data[static_cast<std::int64_t>(i)], noise->sigma, noise->seed);
}

at::Tensor with_depth(const at::Tensor& batch) {
  return batch.dim() == 4 ? batch.unsqueeze(2) : batch;
}

}  // namespace

std::vector<int> possible_labels(const plan::Labels& labels) {
  std::vector<int> values{-1};
  values.insert(values.end(), labels.all.begin(), labels.all.end());
  if (labels.ignore) values.push_back(*labels.ignore);
  return values;
}

void move_items(const Patches& from, const Patches& to, const MoveOptions& options) {
  const at::Tensor data = with_depth(from.data), seg = with_depth(from.seg);
  const at::Tensor new_data = with_depth(to.data), new_seg = with_depth(to.seg);
  const Extent3 patch{new_data.size(2), new_data.size(3), new_data.size(4)};
  Rows moved;
  std::vector<Affine> affines;
  for (std::size_t i = 0; i < options.draws.size(); ++i)
    if (const auto& movement = options.draws[i].movement) {
      moved.push_back(static_cast<std::int64_t>(i));
      affines.push_back(affine_matrix(*movement));
    }
  if (moved.size() < options.draws.size()) {
    new_data.copy_(center_crop(data, patch, 0));
    new_seg.copy_(center_crop(seg, patch, -1));
  }
  if (moved.empty()) return;
  put_rows(new_data, moved, move_images(take_rows(data, moved), affines, patch));
  put_rows(new_seg, moved, move_labels(take_rows(seg, moved), affines, patch, options.labels));
}

void change_intensities(const at::Tensor& data, const std::vector<ItemDraws>& draws) {
  add_drawn_noise(data, draws);
  change_drawn(data, draws, &ItemDraws::blur_sigmas, blur);
  change_drawn(data, draws, &ItemDraws::brightness, scale_brightness);
  change_drawn(data, draws, &ItemDraws::contrast, change_contrast);
  change_drawn(data, draws, &ItemDraws::low_resolution_scales, lower_resolution);
  change_drawn(data, draws, &ItemDraws::gamma_inverted, [](const auto& rows, const auto& gammas) {
    apply_gamma(rows, gammas, {.invert = true});
  });
  change_drawn(data, draws, &ItemDraws::gamma, [](const auto& rows, const auto& gammas) {
    apply_gamma(rows, gammas, {.invert = false});
  });
}

void mirror_items(const Patches& patches, const std::vector<ItemDraws>& draws) {
  std::map<std::vector<int>, Rows> items_by_axes;
  for (std::size_t i = 0; i < draws.size(); ++i)
    items_by_axes[draws[i].mirror_axes].push_back(static_cast<std::int64_t>(i));
  for (const auto& [axes, items] : items_by_axes) {
    if (axes.empty()) continue;
    std::vector<std::int64_t> dimensions;
    for (int axis : axes) dimensions.push_back(axis + 2);
    for (const auto& batch : {patches.data, patches.seg})
      put_rows(batch, items, take_rows(batch, items).flip(dimensions));
  }
}

}  // namespace seg::data
