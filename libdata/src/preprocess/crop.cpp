#include "seg/data/crop.hpp"

#include <algorithm>
#include <span>

#include "preprocess/fill_holes.hpp"
#include "seg/plan/assert.hpp"

namespace seg::data {
namespace {

using at::indexing::Slice;

bool lies_inside(const Box& box, at::IntArrayRef shape) {
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (box.lower[axis] < 0 || box.lower[axis] > box.upper[axis] || box.upper[axis] > shape[axis])
      return false;
  return true;
}

/// A view of the part of an array [..., Z, Y, X] that lies in the box.
at::Tensor inside(const at::Tensor& array, const Box& box) {
  SEG_ASSERT(array.dim() >= 3 && lies_inside(box, array.sizes().slice(array.dim() - 3)));
  const auto range = [&](int axis) { return Slice(box.lower[axis], box.upper[axis]); };
  return array.index({at::indexing::Ellipsis, range(0), range(1), range(2)});
}

void include(Box& box, int axis, std::int64_t first, std::int64_t last) {
  box.lower[axis] = std::min(box.lower[axis], first);
  box.upper[axis] = std::max(box.upper[axis], last + 1);
}

/// Enlarges the box by the true voxels of row (z, y).
void include_row(Box& box, std::int64_t z, std::int64_t y, std::span<const bool> row) {
  const auto first = std::find(row.begin(), row.end(), true);
  if (first == row.end()) return;
  const auto behind_last = std::find(row.rbegin(), row.rend(), true).base();
  include(box, 0, z, z);
  include(box, 1, y, y);
  include(box, 2, first - row.begin(), behind_last - row.begin() - 1);
}

at::Tensor any_channel(const at::Tensor& data) {
  at::Tensor mask = data[0].ne(0);
  for (std::int64_t channel = 1; channel < data.size(0); ++channel)
    mask.logical_or_(data[channel].ne(0));
  return mask;
}

/// Voxels outside the mask that have no label become -1; slice by slice, for small temporaries.
void mark_outside(const at::Tensor& labels, const at::Tensor& mask) {
  for (std::int64_t z = 0; z < mask.size(0); ++z) {
    at::Tensor slice = labels.select(1, z);
    slice.masked_fill_(slice.eq(0).logical_and_(mask[z].logical_not()), -1);
  }
}

}  // namespace

at::Tensor nonzero_mask(const at::Tensor& data) {
  const at::Tensor mask = any_channel(data);
  fill_holes(inside(mask, bounding_box(mask)));  // holes lie inside the box
  return mask;
}

Box bounding_box(const at::Tensor& mask) {
  const at::Tensor voxels = mask.contiguous();
  const bool* row = voxels.const_data_ptr<bool>();
  const std::int64_t height = mask.size(1), width = mask.size(2);
  Box box{{mask.size(0), height, width}, {}};
  for (std::int64_t z = 0; z < mask.size(0); ++z)
    for (std::int64_t y = 0; y < height; ++y, row += width)
      include_row(box, z, y, {row, static_cast<std::size_t>(width)});
  if (box.upper[0] == 0) return {{}, {mask.size(0), height, width}};
  return box;
}

Cropped crop_to_nonzero(const at::Tensor& data, const at::Tensor& seg) {
  const at::Tensor mask = nonzero_mask(data);
  const Box box = bounding_box(mask);
  const at::Tensor mask_inside = inside(mask, box);
  const at::Tensor labels =
      seg.defined() ? inside(seg, box).to(at::kShort, /*non_blocking=*/false, /*copy=*/true)
                    : at::zeros(mask_inside.unsqueeze(0).sizes(), at::kShort);
  mark_outside(labels, mask_inside);
  return {inside(data, box).contiguous(), labels.contiguous(), box};
}

}  // namespace seg::data
