#include "seg/data/augment_cascade.hpp"

#include "seg/data/components.hpp"

namespace seg::data {
namespace {

std::vector<std::int64_t> all_axes(const at::Tensor& tensor) {
  std::vector<std::int64_t> axes;
  for (std::int64_t axis = 0; axis < tensor.dim(); ++axis) axes.push_back(axis);
  return axes;
}

// Room for the element on all sides; of an even one the larger half lies behind.
at::Tensor padded_for(const at::Tensor& mask, const at::Tensor& element) {
  std::vector<std::int64_t> padding;
  for (std::int64_t axis = mask.dim(); axis-- > 0;) {
    const std::int64_t before = (element.size(axis) - 1) / 2;
    padding.insert(padding.end(), {before, element.size(axis) - 1 - before});
  }
  return at::constant_pad_nd(mask.to(at::kFloat), padding);
}

// Number of the element's voxels that meet the mask, around every voxel of it.
at::Tensor hits(const at::Tensor& mask, const at::Tensor& element) {
  const at::Tensor padded = padded_for(mask, element);
  const auto axes = all_axes(mask);
  const at::Tensor spectrum = at::fft_rfftn(padded, padded.sizes(), axes);
  const at::Tensor kernel = at::fft_rfftn(element.to(at::kFloat), padded.sizes(), axes);
  at::Tensor count = at::fft_irfftn(spectrum * kernel.conj(), padded.sizes(), axes);
  for (const std::int64_t axis : axes) count = count.narrow(axis, 0, mask.size(axis));
  return count;
}

at::Tensor operated(const at::Tensor& mask, Morphology operation, const at::Tensor& element) {
  switch (operation) {
    case Morphology::dilate:
      return dilated(mask, element);
    case Morphology::erode:
      return eroded(mask, element);
    case Morphology::close:
      return eroded(dilated(mask, element), element);
    case Morphology::open:
      return dilated(eroded(mask, element), element);
  }
  throw std::logic_error("unknown morphology");
}

}  // namespace

at::Tensor ball(double radius, std::int64_t axes) {
  const auto width = static_cast<std::int64_t>(2 * radius + 1);
  const at::Tensor squares = at::linspace(-radius, radius, width, at::kDouble).square();
  at::Tensor distance = squares;
  for (std::int64_t axis = 1; axis < axes; ++axis) distance = distance.unsqueeze(-1) + squares;
  return distance <= radius * radius;
}

at::Tensor dilated(const at::Tensor& mask, const at::Tensor& element) {
  return hits(mask, element) > 0.5;
}

at::Tensor eroded(const at::Tensor& mask, const at::Tensor& element) {
  return dilated(mask.logical_not(), element).logical_not();
}

void apply_morphology(const at::Tensor& one_hot, const MorphologyDraw& draw) {
  const at::Tensor mask = one_hot[draw.channel] > 0;
  const at::Tensor element = ball(draw.radius, mask.dim()).to(mask.device());
  const at::Tensor result = operated(mask, draw.operation, element);
  at::Tensor(one_hot).masked_fill_((result & mask.logical_not()).unsqueeze(0), 0);
  one_hot[draw.channel].copy_(result);
}

void remove_component(const at::Tensor& one_hot, const RemovalDraw& draw, double largest_share) {
  const at::Tensor channel = one_hot[draw.channel];
  const at::Tensor components = connected_components(channel > 0).to(at::kCPU);
  const at::Tensor sizes = components.flatten().bincount();
  const at::Tensor small =
      sizes.to(at::kDouble) < largest_share * static_cast<double>(components.numel());
  const at::Tensor candidates = (small & sizes.gt(0)).narrow(0, 1, sizes.size(0) - 1).nonzero();
  if (candidates.size(0) == 0) return;
  const auto chosen =
      static_cast<std::int64_t>(draw.which * static_cast<double>(candidates.size(0)));
  const auto component = candidates[chosen].item<std::int64_t>() + 1;
  at::Tensor(channel).masked_fill_(components.eq(component).to(channel.device()), 0);
}

}  // namespace seg::data
