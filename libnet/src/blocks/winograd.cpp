#include "blocks/winograd.hpp"

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <vector>

#include "blocks/memory_layout.hpp"
#include "blocks/small_products.hpp"
#include "blocks/winograd_tiles.hpp"

namespace seg::net {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr std::int64_t floats_in_cache = 128 * 1024;  // what the matrices of some tiles may take

bool is_deep(const at::Tensor& weight) { return weight.dim() == 5 && weight.size(2) == 3; }

TileGrid grid_of(const at::Tensor& x, bool deep) {
  return {x.size(0), x.dim() == 5 ? x.size(2) : 1, x.size(-2), x.size(-1), deep};
}

// G of F(2, 3), for all axes of the kernel at once: [products, places in the kernel].
at::Tensor weight_transform(bool deep) {
  const auto line =
      at::tensor({1.F, 0.F, 0.F, .5F, .5F, .5F, .5F, -.5F, .5F, 0.F, 0.F, 1.F}).view({4, 3});
  const auto plane = at::kron(line, line);
  return deep ? at::kron(line, plane) : plane;
}

// Weights as [places in the kernel, inputs, outputs].
at::Tensor by_place(const at::Tensor& weight) { return weight.flatten(2).permute({2, 1, 0}); }

// An odd number of the blocks of 6 rows that multiply() takes: with other distances between its
// matrices the values of a tile would fall on few lines of the cache.
std::int64_t tiles_in_cache(std::int64_t floats_of_tile) {
  const std::int64_t blocks = std::max<std::int64_t>(floats_in_cache / floats_of_tile / 6, 3);
  return 6 * (blocks - (blocks + 1) % 2);
}

/// Some tiles at a time, with room for their matrices [products, tiles, inputs] and
/// [products, tiles, outputs].
struct TileStep {
  TileRange range;
  TileMatrices around, products;
  std::int64_t thread;
};

/// Calls work(step) for all tiles, shared out to the threads.
template <typename Work>
void for_tiles(const TileGrid& grid, std::int64_t inputs, std::int64_t outputs, const Work& work) {
  const std::int64_t threads = at::get_num_threads(), tiles = grid.tiles(),
                     at_once = tiles_in_cache(grid.products() * (inputs + outputs));
  const at::Tensor room = at::empty({threads, inputs + outputs, grid.products() * at_once});
  at::parallel_for(0, threads, 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t thread = first; thread < last; ++thread) {
      float* around = room.mutable_data_ptr<float>() + thread * room.stride(0);
      float* products = around + inputs * room.stride(1);
      const std::int64_t end = tiles * (thread + 1) / threads;
      for (std::int64_t begin = tiles * thread / threads; begin < end; begin += at_once) {
        const std::int64_t count = std::min(at_once, end - begin);
        work(TileStep{
            {begin, count}, {around, count * inputs}, {products, count * outputs}, thread});
      }
    }
  });
}

// `weight` is [places, inputs, outputs].
at::Tensor filtered(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const TileGrid grid = grid_of(x, weight.size(0) == 27);
  const std::int64_t inputs = x.size(1), outputs = weight.size(2);
  auto shape = x.sizes().vec();
  shape[1] = outputs;
  at::Tensor y = at::empty(shape, x.options(), channels_last(x));
  const at::Tensor factors = at::matmul(weight_transform(grid.deep), weight.flatten(1)),
                   added = bias.contiguous();
  for_tiles(grid, inputs, outputs, [&](const TileStep& step) {
    transform_input(grid, step.range, x.const_data_ptr<float>(), inputs, step.around);
    multiply({grid.products(), step.range.count, inputs, outputs}, step.around.values,
             factors.const_data_ptr<float>(), step.products.values);
    transform_output(grid, step.range, step.products, outputs, added.const_data_ptr<float>(),
                     y.mutable_data_ptr<float>());
  });
  return y;
}

at::Tensor gradient_of_weight(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& dy) {
  const TileGrid grid = grid_of(x, is_deep(weight));
  const std::int64_t inputs = x.size(1), outputs = weight.size(0);
  const at::Tensor sums = at::zeros({at::get_num_threads(), grid.products(), inputs * outputs});
  for_tiles(grid, inputs, outputs, [&](const TileStep& step) {
    transform_input(grid, step.range, x.const_data_ptr<float>(), inputs, step.around);
    transform_gradient(grid, step.range, dy.const_data_ptr<float>(), outputs, step.products);
    add_transposed_products({grid.products(), inputs, step.range.count, outputs},
                            step.around.values, step.products.values,
                            sums.mutable_data_ptr<float>() + step.thread * sums.stride(0));
  });
  const at::Tensor sum = at::matmul(weight_transform(grid.deep).t(), sums.sum(0));
  return sum.view({-1, inputs, outputs}).permute({2, 1, 0}).reshape(weight.sizes());
}

// The same convolution with mirrored kernels, inputs and outputs exchanged.
at::Tensor gradient_of_input(const at::Tensor& weight, const at::Tensor& dy) {
  return filtered(dy, by_place(weight).flip(0).transpose(1, 2), at::zeros({weight.size(1)}));
}

class WinogradConvolution : public torch::autograd::Function<WinogradConvolution> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const at::Tensor& bias) {
    context->save_for_backward({x, weight});
    return filtered(x, by_place(weight), bias);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto& x = saved[0];
    const auto& weight = saved[1];
    const auto dy = gradients[0].contiguous(channels_last(x));
    std::vector<std::int64_t> places{0};
    for (std::int64_t axis = 2; axis < x.dim(); ++axis) places.push_back(axis);
    return {context->needs_input_grad(0) ? gradient_of_input(weight, dy) : at::Tensor(),
            context->needs_input_grad(1) ? gradient_of_weight(x, weight, dy) : at::Tensor(),
            context->needs_input_grad(2) ? dy.sum(places) : at::Tensor()};
  }
};

}  // namespace

bool suits_winograd(const at::Tensor& x, const at::Tensor& weight) {
  const std::int64_t inputs = weight.size(1), outputs = weight.size(0);
  if (!x.is_cpu() || x.scalar_type() != at::kFloat || weight.scalar_type() != at::kFloat ||
      x.dim() < 4 || !x.is_contiguous(channels_last(x)) ||
      at::autocast::is_autocast_enabled(at::kCPU))
    return false;
  const TileGrid grid = grid_of(x, is_deep(weight));
  const std::int64_t voxels = x.numel() / inputs, in_tiles = grid.tiles() * (grid.deep ? 8 : 4);
  return std::min(inputs, outputs) >= 16 && inputs % channels_at_once == 0 &&
         outputs % channels_at_once == 0 && grid.tiles() >= 150 && in_tiles * 4 <= voxels * 5;
}

at::Tensor winograd_convolution(const at::Tensor& x, const at::Tensor& weight,
                                const at::Tensor& bias) {
  // Profilers and multiply_accumulates() see it as they see the library's.
  RECORD_FUNCTION("seg::winograd_convolution", std::vector<c10::IValue>({x, weight}));
  return WinogradConvolution::apply(x, weight, bias.defined() ? bias : at::zeros({weight.size(0)}));
}

}  // namespace seg::net
