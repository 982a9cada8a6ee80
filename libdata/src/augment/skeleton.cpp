#include "augment/skeleton.hpp"

namespace seg::data {
namespace {

// Every voxel and its neighbours along the axes.
at::Tensor dilated_by_cross(const at::Tensor& mask) {
  at::Tensor result = mask.clone();
  for (std::int64_t axis = 0; axis < mask.dim(); ++axis) {
    const std::int64_t rest = mask.size(axis) - 1;
    result.narrow(axis, 0, rest).logical_or_(mask.narrow(axis, 1, rest));
    result.narrow(axis, 1, rest).logical_or_(mask.narrow(axis, 0, rest));
  }
  return result;
}

}  // namespace

at::Tensor thinned(const at::Tensor& mask) {
  const std::vector<std::int64_t> margin(static_cast<std::size_t>(2 * mask.dim()), 1);
  at::Tensor padded = at::constant_pad_nd(mask.to(at::kByte), margin).contiguous();
  mask.dim() == 2 ? thin_picture(padded) : thin_volume(padded);
  for (std::int64_t axis = 0; axis < mask.dim(); ++axis)
    padded = padded.narrow(axis, 1, mask.size(axis));
  return padded.to(at::kBool);
}

at::Tensor label_skeleton(const at::Tensor& labels, const SkeletonOptions& options) {
  at::Tensor lines = thinned(labels > 0);
  if (options.tube) lines = dilated_by_cross(dilated_by_cross(lines));
  return labels * lines;
}

}  // namespace seg::data
