#include "layers/transposed_convolution.hpp"

#include <ATen/record_function.h>

#include "kernels/memory_layout.hpp"
#include "layers/library_convolution.hpp"

namespace seg::net {
namespace {

/// What the voxels of one rest have in common along an axis.
struct Phase {
  std::int64_t rest = 0;   ///< also the first of the kernel's places, a stride apart
  std::int64_t taps = 0;   ///< of these places; 0: the bias alone
  std::int64_t start = 0;  ///< of the convolution, padded so that the kernel touches x at its ends
  std::int64_t first = 0;  ///< of the result's voxels, a stride apart
  std::int64_t count = 0;
};

std::int64_t result_extent(const at::Tensor& x, std::size_t axis, const ConvolutionSizes& sizes) {
  return (x.size(static_cast<std::int64_t>(axis) + 2) - 1) * sizes.stride[axis] -
         2 * sizes.padding[axis] + sizes.kernel[axis];
}

std::vector<Phase> phases_of(const at::Tensor& x, std::size_t axis, const ConvolutionSizes& sizes) {
  const auto kernel = sizes.kernel[axis], stride = sizes.stride[axis], pad = sizes.padding[axis];
  const std::int64_t result = result_extent(x, axis, sizes);
  std::vector<Phase> phases;
  for (std::int64_t rest = 0; rest < stride; ++rest) {
    Phase phase{rest, kernel > rest ? (kernel - rest - 1) / stride + 1 : 0};
    phase.start = pad > rest ? (pad - rest + stride - 1) / stride : 0;
    phase.first = phase.start * stride + rest - pad;
    phase.count = phase.first < result ? (result - 1 - phase.first) / stride + 1 : 0;
    if (phase.count > 0) phases.push_back(phase);
  }
  return phases;
}

/// Every choice of a phase for each axis.
std::vector<std::vector<Phase>> combinations(const at::Tensor& x, const ConvolutionSizes& sizes) {
  std::vector<std::vector<Phase>> all{{}};
  for (std::size_t axis = 0; axis < sizes.kernel.size(); ++axis) {
    std::vector<std::vector<Phase>> longer;
    for (const auto& combination : all)
      for (const Phase& phase : phases_of(x, axis, sizes)) {
        longer.push_back(combination);
        longer.back().push_back(phase);
      }
    all = std::move(longer);
  }
  return all;
}

/// As a convolution has it: [outputs, inputs / groups, ...], mirrored.
at::Tensor mirrored(const at::Tensor& weight, std::int64_t groups) {
  std::vector<std::int64_t> space, axes;
  for (std::int64_t axis = 2; axis < weight.dim(); ++axis) {
    space.push_back(weight.size(axis));
    axes.push_back(axis);
  }
  const auto inputs = weight.size(0) / groups, outputs = weight.size(1);
  std::vector<std::int64_t> shape{groups, inputs, outputs};
  shape.insert(shape.end(), space.begin(), space.end());
  std::vector<std::int64_t> swapped{groups * outputs, inputs};
  swapped.insert(swapped.end(), space.begin(), space.end());
  return weight.reshape(shape).transpose(1, 2).reshape(swapped).flip(axes);
}

/// What the voxels of a combination of phases are; undefined where the bias is all.
at::Tensor voxels_of(const std::vector<Phase>& phases, const at::Tensor& x, at::Tensor weight,
                     const at::Tensor& bias, const ConvolutionSizes& sizes) {
  ConvolutionSizes plain;
  plain.groups = sizes.groups;
  plain.stride = plain.dilation = std::vector<std::int64_t>(phases.size(), 1);
  for (std::size_t axis = 0; axis < phases.size(); ++axis) {
    if (phases[axis].taps == 0) return {};
    weight = weight.slice(static_cast<std::int64_t>(axis) + 2, phases[axis].rest, std::nullopt,
                          sizes.stride[axis]);
    plain.kernel.push_back(phases[axis].taps);
    plain.padding.push_back(phases[axis].taps - 1);
  }
  at::Tensor voxels = library_convolution(x, mirrored(weight, sizes.groups), bias, plain);
  for (std::size_t axis = 0; axis < phases.size(); ++axis)
    voxels =
        voxels.narrow(static_cast<std::int64_t>(axis) + 2, phases[axis].start, phases[axis].count);
  return voxels;
}

at::Tensor places_of(const std::vector<Phase>& phases, at::Tensor result,
                     const ConvolutionSizes& sizes) {
  for (std::size_t axis = 0; axis < phases.size(); ++axis)
    result = result.slice(static_cast<std::int64_t>(axis) + 2, phases[axis].first, std::nullopt,
                          sizes.stride[axis]);
  return result;
}

void put_bias(const at::Tensor& places, const at::Tensor& bias) {
  std::vector<std::int64_t> shape(static_cast<std::size_t>(places.dim()), 1);
  shape[1] = places.size(1);
  if (bias.defined())
    places.copy_(bias.view(shape).expand_as(places));
  else
    places.zero_();
}

at::Tensor empty_result(const at::Tensor& x, const ConvolutionSizes& sizes, at::ScalarType type) {
  std::vector<std::int64_t> shape{x.size(0), sizes.outputs};
  for (std::size_t axis = 0; axis < sizes.kernel.size(); ++axis)
    shape.push_back(result_extent(x, axis, sizes));
  const auto layout = has_channels_last(x) ? channels_last(x) : at::MemoryFormat::Contiguous;
  return at::empty(shape, x.options().dtype(type), layout);
}

}  // namespace

at::Tensor transposed_convolution(const at::Tensor& x, const at::Tensor& weight,
                                  const at::Tensor& bias, const ConvolutionSizes& sizes) {
  // Profilers and multiply_accumulates() see it as they see the library's.
  const std::vector<c10::IValue> inputs{x, weight, bias};
  at::RecordFunction record(at::RecordScope::FUNCTION);
  if (record.isActive()) record.before("seg::transposed_convolution", &inputs);
  at::Tensor result;
  for (const auto& phases : combinations(x, sizes)) {
    const at::Tensor voxels = voxels_of(phases, x, weight, bias, sizes);
    // Autocast chooses the type.
    if (!result.defined())
      result = empty_result(x, sizes, (voxels.defined() ? voxels : x).scalar_type());
    const at::Tensor places = places_of(phases, result, sizes);
    voxels.defined() ? void(places.copy_(voxels)) : put_bias(places, bias);
  }
  return result;
}

}  // namespace seg::net
