#include "predict/label_parts.hpp"

#include "seg/data/components.hpp"

namespace seg::train {
namespace {

/// @param keeps of the sizes of all parts (int64; first what is no part), which ones stay.
template <class Keeps>
at::Tensor with_parts(const at::Tensor& labels, const std::vector<int>& values, Keeps keeps) {
  const at::Tensor mask = voxels_with(labels, values);
  if (!mask.any().item<bool>()) return labels;
  const at::Tensor numbers = data::connected_components(mask).flatten();
  at::Tensor sizes = at::bincount(numbers);
  sizes[0] = 0;  // what is not in the mask
  const at::Tensor kept = keeps(sizes).index_select(0, numbers).view(mask.sizes());
  return labels.masked_fill(mask & ~kept, 0);
}

}  // namespace

at::Tensor voxels_with(const at::Tensor& labels, const std::vector<int>& values) {
  return at::isin(labels, at::tensor(values, labels.options()));
}

at::Tensor with_largest_part(const at::Tensor& labels, const std::vector<int>& values) {
  return with_parts(labels, values, [](const at::Tensor& sizes) { return sizes == sizes.max(); });
}

at::Tensor without_small_parts(const at::Tensor& labels, const std::vector<int>& values,
                               double voxels) {
  return with_parts(labels, values, [&](const at::Tensor& sizes) { return sizes >= voxels; });
}

}  // namespace seg::train
