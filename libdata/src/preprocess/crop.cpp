#include "seg/data/crop.hpp"

#include "preprocess/fill_holes.hpp"

namespace seg::data {
namespace {

using at::indexing::Slice;

at::Tensor inside(const at::Tensor& array, const Box& box) {
  const auto range = [&](int axis) { return Slice(box.lower[axis], box.upper[axis]); };
  return array.index({at::indexing::Ellipsis, range(0), range(1), range(2)}).contiguous();
}

/// Positions along one axis where the mask has any true voxel.
at::Tensor occupied(const at::Tensor& mask, int axis) {
  std::vector<std::int64_t> others;
  for (int other = 0; other < 3; ++other)
    if (other != axis) others.push_back(other);
  return mask.any(others).nonzero().flatten();
}

at::Tensor any_channel(const at::Tensor& data) {
  at::Tensor mask = data[0].ne(0);
  for (std::int64_t channel = 1; channel < data.size(0); ++channel)
    mask.logical_or_(data[channel].ne(0));
  return mask;
}

}  // namespace

at::Tensor nonzero_mask(const at::Tensor& data) {
  at::Tensor mask = any_channel(data);
  const Box box = bounding_box(mask);
  // Holes lie inside the box of the mask, so only that has to be flooded.
  at::Tensor filled = fill_holes(inside(mask, box));
  const auto range = [&](int axis) { return Slice(box.lower[axis], box.upper[axis]); };
  mask.index_put_({range(0), range(1), range(2)}, filled);
  return mask;
}

Box bounding_box(const at::Tensor& mask) {
  Box box;
  for (int axis = 0; axis < 3; ++axis) {
    const at::Tensor positions = occupied(mask, axis);
    const bool empty = positions.numel() == 0;
    box.lower[axis] = empty ? 0 : positions[0].item<std::int64_t>();
    box.upper[axis] = empty ? mask.size(axis) : positions[-1].item<std::int64_t>() + 1;
  }
  return box;
}

Cropped crop_to_nonzero(const at::Tensor& data, const at::Tensor& seg) {
  const at::Tensor mask = nonzero_mask(data);
  const Box box = bounding_box(mask);
  const at::Tensor outside = inside(mask, box).logical_not().unsqueeze(0);
  at::Tensor labels =
      seg.defined() ? inside(seg, box).to(at::kShort) : at::zeros(outside.sizes(), at::kShort);
  labels = labels.masked_fill(outside.logical_and(labels.eq(0)), -1);
  return {inside(data, box), labels, box};
}

}  // namespace seg::data
