#include "augment/median.hpp"

namespace seg::data {
namespace {

// Mirrored as often as it takes.
std::int64_t mirrored_index(std::int64_t index, std::int64_t extent) {
  const std::int64_t period = 2 * extent, within = ((index % period) + period) % period;
  return within < extent ? within : period - 1 - within;
}

at::Tensor mirrored(const at::Tensor& image, std::int64_t axis, std::int64_t size) {
  std::vector<std::int64_t> source;
  const std::int64_t extent = image.size(axis);
  for (std::int64_t i = -(size / 2); i < extent + (size - 1) / 2; ++i)
    source.push_back(mirrored_index(i, extent));
  return image.index_select(axis, at::tensor(source, at::kLong).to(image.device()));
}

}  // namespace

at::Tensor median_filtered(const at::Tensor& image, std::int64_t size) {
  at::Tensor padded = image;
  for (std::int64_t axis = 0; axis < image.dim(); ++axis) padded = mirrored(padded, axis, size);
  at::Tensor windows = padded;
  for (std::int64_t axis = 0; axis < image.dim(); ++axis) windows = windows.unfold(axis, size, 1);
  std::int64_t voxels = 1;
  for (std::int64_t axis = 0; axis < image.dim(); ++axis) voxels *= size;
  const at::Tensor result = at::empty_like(image);
  // One slice at a time: every voxel has a window of its own in memory.
  for (std::int64_t slice = 0; slice < image.size(0); ++slice)
    result[slice].copy_(
        std::get<0>(windows[slice].flatten(image.dim() - 1).kthvalue(voxels / 2 + 1)));
  return result;
}

}  // namespace seg::data
