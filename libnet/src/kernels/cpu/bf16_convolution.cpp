#include "kernels/cpu/bf16_convolution.hpp"

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <array>
#include <vector>

#include "kernels/cpu/matrix_tiles.hpp"
#include "kernels/memory_layout.hpp"
#include "seg/net/instruction_set.hpp"

namespace seg::net {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// What at::convolution() is given, an entry for each axis of the image.
struct SameSize {
  std::vector<std::int64_t> padding, ones, zeros;

  explicit SameSize(const at::Tensor& weight) {
    for (std::int64_t axis = 2; axis < weight.dim(); ++axis)
      padding.push_back(weight.size(axis) / 2);
    ones.assign(padding.size(), 1);
    zeros.assign(padding.size(), 0);
  }
};

PaddedRow row_of(const at::Tensor& x, const at::Tensor& weight) {
  const std::int64_t planes = x.dim() == 5 ? x.size(2) : 1;
  if (weight.dim() == 5 && weight.size(2) == 3)
    return {x.size(0), planes, x.size(-2), x.size(-1), true};
  return {x.size(0) * planes, 1, x.size(-2), x.size(-1), false};
}

/// Groups that are rearranged together: they fit the second cache, or are twice as many as those of
/// dy around them, which are rearranged again.
std::int64_t groups_together(const PaddedRow& row, std::int64_t inputs, std::int64_t outputs) {
  constexpr std::int64_t bytes_in_cache = 3 << 19;
  const std::int64_t bytes_of_group = places_in_group * (2 * inputs + 4 * outputs);
  return std::max(bytes_in_cache / bytes_of_group, 4 * row.reach() / places_in_group);
}

/// Of a tile of inputs and one of outputs: [voxels, 16 inputs, 16 outputs] to [16 outputs, 16
/// inputs, voxels], from one output to the next `step` floats.
void reorder_tile(const float* from, std::int64_t voxels, float* to, std::int64_t step) {
  for (std::int64_t k = 0; k < channels_in_tile; ++k)
    for (std::int64_t c = 0; c < channels_in_tile; ++c)
      for (std::int64_t voxel = 0; voxel < voxels; ++voxel)
        to[k * step + c * voxels + voxel] =
            from[(voxel * channels_in_tile + c) * channels_in_tile + k];
}

/// @param sums [inputs / 16, outputs / 16, voxels, 16, 16].
at::Tensor in_order_of_weight(const at::Tensor& sums, const at::Tensor& weight) {
  at::Tensor result = at::empty(weight.sizes());
  const std::int64_t tiles = sums.size(1);
  const std::int64_t voxels = sums.size(2);
  const std::int64_t step = weight[0].numel();
  const float* from = sums.const_data_ptr<float>();
  float* to = result.mutable_data_ptr<float>();
  at::parallel_for(0, sums.size(0) * tiles, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t c = i / tiles * channels_in_tile;
      const std::int64_t k = i % tiles * channels_in_tile;
      reorder_tile(from + i * sums.stride(1), voxels, to + k * step + c * voxels, step);
    }
  });
  return result;
}

at::Tensor sum_of(const at::Tensor& threads) {
  return threads.size(0) == 1 ? threads[0] : threads.sum(0);
}

struct ConvolutionGradients {
  at::Tensor weight, bias;
};

/// @param x, dy bf16, channels last.
ConvolutionGradients gradients_of(const at::Tensor& x, const at::Tensor& weight,
                                  const at::Tensor& dy) {
  const std::int64_t inputs = weight.size(1);
  const std::int64_t outputs = weight.size(0);
  const LearnedPass pass{row_of(x, weight),
                         {x.const_data_ptr<c10::BFloat16>(), inputs},
                         {dy.const_data_ptr<c10::BFloat16>(), outputs}};
  const std::int64_t groups = pass.row.groups();
  const std::int64_t together = std::min(groups_together(pass.row, inputs, outputs), groups);
  const std::int64_t threads = at::get_num_threads();
  const at::Tensor room =
      at::empty({threads, tile_room(pass.row, inputs, outputs, together)}, at::kByte);
  const at::Tensor of_bias = at::zeros({threads, outputs});
  const at::Tensor of_weight =
      at::zeros({threads, inputs / channels_in_tile, outputs / channels_in_tile,
                 pass.row.kernel_voxels(), channels_in_tile, channels_in_tile});
  at::parallel_for(0, threads, 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t thread = first; thread < last; ++thread) {
      const ConvolutionSums sums{of_weight.mutable_data_ptr<float>() + thread * of_weight.stride(0),
                                 of_bias.mutable_data_ptr<float>() + thread * outputs};
      std::uint8_t* own_room = room.mutable_data_ptr<std::uint8_t>() + thread * room.stride(0);
      const std::int64_t end = groups * (thread + 1) / threads;
      for (std::int64_t begin = groups * thread / threads; begin < end; begin += together)
        add_weight_gradient(pass, {begin, std::min(together, end - begin)}, sums, own_room);
    }
  });
  return {in_order_of_weight(sum_of(of_weight), weight), sum_of(of_bias)};
}

class Bf16Convolution : public torch::autograd::Function<Bf16Convolution> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const at::Tensor& bias) {
    const at::Tensor input = x.to(at::kBFloat16);
    const at::Tensor kernels = weight.to(at::kBFloat16);
    context->save_for_backward({input, kernels});
    const SameSize same(weight);
    return in_layout_of(x, at::convolution(input, kernels, bias.to(at::kBFloat16), same.ones,
                                           same.padding, same.ones, false, same.zeros, 1));
  }

  static variable_list backward(AutogradContext* context, const variable_list& outputs) {
    const auto saved = context->get_saved_variables();
    const at::Tensor& x = saved[0];
    const at::Tensor& weight = saved[1];
    const at::Tensor dy = outputs[0].to(at::kBFloat16).contiguous(channels_last(x));
    const SameSize same(weight);
    at::Tensor of_x;
    if (context->needs_input_grad(0))
      of_x = std::get<0>(at::convolution_backward(dy, x, weight, std::nullopt, same.ones,
                                                  same.padding, same.ones, false, same.zeros, 1,
                                                  std::array<bool, 3>{true, false, false}));
    const ConvolutionGradients gradients = gradients_of(x, weight, dy);
    return {of_x, gradients.weight, gradients.bias};
  }
};

}  // namespace

bool suits_bf16_convolution(const at::Tensor& x, const at::Tensor& weight) {
  constexpr std::int64_t two_tiles = 2 * channels_in_tile;
  return at::autocast::is_autocast_enabled(at::kCPU) &&
         at::autocast::get_autocast_dtype(at::kCPU) == at::kBFloat16 &&
         at::GradMode::is_enabled() && weight.requires_grad() && x.is_cpu() &&
         has_channels_last(x) && weight.scalar_type() == at::kFloat &&
         weight.size(0) % two_tiles == 0 && weight.size(1) % two_tiles == 0 && x.numel() > 0 &&
         instruction_set() == InstructionSet::amx;
}

at::Tensor bf16_convolution(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  return Bf16Convolution::apply(x, weight, bias.defined() ? bias : at::zeros({weight.size(0)}));
}

}  // namespace seg::net
