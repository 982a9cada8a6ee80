#include "augment/morphology.hpp"

#include "augment/previous_stage.hpp"

namespace seg::data {
namespace {

enum class Operation { dilate, erode, close, open };

// For each label that is changed: its channel, the operation and the ball's radius.
Drawn draw_morphology(CountedRandom& random, const ItemFormat& format,
                      const AugmentationTable& table) {
  if (!random.chance(table.number("morphology_probability"))) return {};
  const double probability = table.number("morphology_label_probability");
  Drawn drawn;
  for (const auto channel : draw_labels(random, format.previous_labels, probability)) {
    const auto operation = static_cast<double>(random.integer(0, 3));
    const double radius = draw_from(random, table.range("morphology_radius"));
    drawn.push_back({static_cast<double>(channel), operation, radius});
  }
  return drawn;
}

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

at::Tensor operated(const at::Tensor& mask, Operation operation, const at::Tensor& element) {
  switch (operation) {
    case Operation::dilate:
      return dilated(mask, element);
    case Operation::erode:
      return eroded(mask, element);
    case Operation::close:
      return eroded(dilated(mask, element), element);
    case Operation::open:
      return dilated(eroded(mask, element), element);
  }
  throw std::logic_error("unknown morphology");
}

// Voxels that the label gains are taken from the other labels.
void operate_on_label(const at::Tensor& one_hot, const std::vector<double>& drawn) {
  const auto channel = static_cast<std::int64_t>(drawn.at(0));
  const at::Tensor mask = one_hot[channel] > 0;
  const at::Tensor element = ball(drawn.at(2), mask.dim()).to(mask.device());
  const at::Tensor result =
      operated(mask, static_cast<Operation>(static_cast<int>(drawn.at(1))), element);
  at::Tensor(one_hot).masked_fill_((result & mask.logical_not()).unsqueeze(0), 0);
  one_hot[channel].copy_(result);
}

void operate_on_labels(const Items& items, const std::vector<Drawn>& draws) {
  change_previous(items, draws, operate_on_label);
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

/// Dilates, erodes, closes or opens labels of the previous stage (batchgeneratorsv2's
/// ApplyRandomBinaryOperatorTransform).
Transform morphology() {
  return {"morphology",
          {probability("morphology_probability"),
           probability("morphology_label_probability", "per label of such an item"),
           {"morphology_radius", 0, 100, "voxels"}},
          draw_morphology,
          operate_on_labels};
}

}  // namespace seg::data
