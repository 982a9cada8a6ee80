#include "augment/rotation_zoom.hpp"

#include <algorithm>
#include <cmath>

#include "augment/channel_rows.hpp"
#include "augment/transform.hpp"
#include "augment/voxel_sampling.hpp"

namespace seg::data {
namespace {

Affine product(const Affine& left, const Affine& right) {
  Affine result{};
  for (std::size_t r = 0; r < 3; ++r)
    for (std::size_t c = 0; c < 3; ++c)
      for (std::size_t k = 0; k < 3; ++k) result[r][c] += left[r][k] * right[k][c];
  return result;
}

// From axis `to` towards axis `from`, the third one fixed.
Affine rotation(double angle, std::size_t from, std::size_t to) {
  Affine matrix{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  matrix[from][from] = matrix[to][to] = std::cos(angle);
  matrix[from][to] = -std::sin(angle);
  matrix[to][from] = std::sin(angle);
  return matrix;
}

at::Tensor memory_of_patches(const at::Tensor& data, const Extent3& patch) {
  return at::empty({data.size(0), data.size(1), patch[0], patch[1], patch[2]}, data.options());
}

at::Tensor with_depth(const at::Tensor& batch) {
  return batch.dim() == 4 ? batch.unsqueeze(2) : batch;
}

// In-plane (2D and dummy 2D) movements turn about the first axis only and do not zoom along it. All
// numbers are drawn whether they are used or not: rotations do not depend on whether items zoom.
// What only some tables need comes last, so that the others' items move as they always did.
Drawn draw_movement(CountedRandom& random, const ItemFormat& format,
                    const AugmentationTable& table) {
  const bool in_plane = format.axes == 2 || format.dummy_2d;
  const bool rotates = random.chance(table.number("rotation_probability"));
  const bool zooms = random.chance(table.number("zoom_probability"));
  const auto [low, high] = format.rotation_range;
  std::vector<double> movement;
  for (int axis = 0; axis < 3; ++axis) {
    const double angle = random.uniform(low, high);
    movement.push_back(rotates && (axis == 0 || !in_plane) ? angle : 0);
  }
  const Range range = table.range("zoom");
  movement.insert(movement.end(), 3, draw_from(random, range));
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (!random.chance(table.number("rotation_axis_probability"))) movement[axis] = 0;
  if (!random.chance(table.number("zoom_together_probability")))
    for (std::size_t axis = 4; axis < 6; ++axis) movement[axis] = draw_from(random, range);
  if (!zooms) std::fill(movement.begin() + 3, movement.end(), 1);
  if (in_plane) movement[3] = 1;
  return rotates || zooms ? Drawn{movement} : Drawn{};
}

Movement movement_of(const Drawn& drawn) {
  const auto& numbers = drawn.at(0);
  return {{numbers.at(0), numbers.at(1), numbers.at(2)},
          {numbers.at(3), numbers.at(4), numbers.at(5)}};
}

void apply_movement(const Items& items, const std::vector<Drawn>& draws) {
  const at::Tensor data = with_depth(items.data), seg = with_depth(items.seg);
  const Extent3 patch{data.size(2), data.size(3), data.size(4)};
  Rows moved;
  std::vector<Affine> affines;
  for (std::size_t item = 0; item < draws.size(); ++item) {
    if (draws[item].empty()) continue;
    moved.push_back(static_cast<std::int64_t>(item));
    affines.push_back(affine_matrix(movement_of(draws[item])));
  }
  if (moved.empty()) return;
  const at::Tensor images = take_rows(with_depth(items.raw_data), moved);
  const at::Tensor segs = take_rows(with_depth(items.raw_seg), moved);
  const auto& [nearest_images, nearest_labels] = items.sampling;
  put_rows(data, moved,
           nearest_images ? move_to_nearest(images, affines, patch)
                          : move_images(images, affines, patch));
  put_rows(seg, moved,
           nearest_labels ? move_to_nearest(segs, affines, patch)
                          : move_labels(segs, affines, patch, items.labels));
}

}  // namespace

Transform rotation_zoom() {
  return {"rotation_zoom",
          {probability("rotation_probability"),
           probability("rotation_axis_probability", "per axis of an item that turns"),
           probability("zoom_probability"),
           probability("zoom_together_probability", "one zoom for all axes of an item"),
           {"zoom", 0.01, 100, "larger makes objects smaller"}},
          draw_movement,
          apply_movement};
}

Affine affine_matrix(const Movement& movement) {
  const auto& [first, second, third] = movement.angles;
  const auto turned =
      product(product(rotation(third, 0, 1), rotation(second, 2, 0)), rotation(first, 1, 2));
  const auto& [z, y, x] = movement.zoom;
  return product(turned, {{{z, 0, 0}, {0, y, 0}, {0, 0, x}}});
}

at::Tensor center_crop(const at::Tensor& data, const Extent3& patch, double outside) {
  std::vector<std::int64_t> padding;
  bool pads = false;
  for (std::size_t axis = 3; axis-- > 0;) {
    const std::int64_t size = data.size(static_cast<std::int64_t>(axis) + 2);
    const std::int64_t start = size / 2 - patch[axis] / 2;
    padding.insert(padding.end(), {-start, start + patch[axis] - size});
    pads = pads || start < 0 || start + patch[axis] > size;
  }
  if (pads) return at::constant_pad_nd(data, padding, outside);
  at::Tensor cropped = data;
  for (std::size_t axis = 0; axis < 3; ++axis)
    cropped =
        cropped.narrow(static_cast<std::int64_t>(axis) + 2, -padding[2 * (2 - axis)], patch[axis]);
  return cropped;
}

at::Tensor move_images(const at::Tensor& images, const std::vector<Affine>& affines,
                       const Extent3& patch) {
  if (!images.is_cpu()) return move_images_by_grid(images, affines, patch);
  const at::Tensor moved = memory_of_patches(images, patch);
  const at::Tensor source = images.contiguous();
  for (std::int64_t i = 0; i < images.size(0); ++i)
    sample_images(source[i], affines[static_cast<std::size_t>(i)], moved[i]);
  return moved;
}

at::Tensor move_labels(const at::Tensor& segs, const std::vector<Affine>& affines,
                       const Extent3& patch, const std::vector<int>& labels) {
  if (!segs.is_cpu()) return move_labels_by_grid(segs, affines, patch, labels);
  const at::Tensor moved = memory_of_patches(segs, patch);
  const at::Tensor source = segs.contiguous();
  for (std::int64_t i = 0; i < segs.size(0); ++i)
    sample_labels(source[i], affines[static_cast<std::size_t>(i)], moved[i]);
  return moved;
}

}  // namespace seg::data
