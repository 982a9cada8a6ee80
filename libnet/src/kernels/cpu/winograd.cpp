#include "kernels/cpu/winograd.hpp"

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <vector>

#include "kernels/cpu/lanes.hpp"
#include "kernels/cpu/small_products.hpp"
#include "kernels/cpu/winograd_tiles.hpp"
#include "kernels/cpu/winograd_weights.hpp"
#include "kernels/memory_layout.hpp"
#include "seg/plan/assert.hpp"

namespace seg::net {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr std::int64_t floats_in_cache = 1 << 20;  // of transformed kernels
constexpr std::int64_t tiles_at_once = 30;         // their matrices stay in the cache; 5 x 6 rows

bool is_deep(const at::Tensor& weight) { return weight.dim() == 5 && weight.size(2) == 3; }

// Deeper tiles, twice as far from exact, only for predictions, where they spare a fifth of the
// products at least and their kernels stay in the cache.
TileGrid grid_of(const at::Tensor& x, const at::Tensor& weight, bool learns) {
  TileGrid grid{x.size(0), x.dim() == 5 ? x.size(2) : 1, x.size(-2), x.size(-1), 1};
  if (!is_deep(weight)) return grid;
  TileGrid deeper = grid;
  grid.tile_depth = 2;
  deeper.tile_depth = 4;
  const bool cached = deeper.products() * weight.numel() / 27 <= floats_in_cache;
  const bool spares = 5 * deeper.tiles() * deeper.products() <= 4 * grid.tiles() * grid.products();
  return cached && spares && !learns ? deeper : grid;
}

/// Some tiles at a time, with room for their matrices [products, tiles, inputs] and
/// [products, tiles, outputs].
struct TileStep {
  TileRange range;
  Matrices<float> around, products;
  std::int64_t thread;
};

/// Calls work(step) for all tiles, shared out to the threads.
template <typename Work>
void for_tiles(const TileGrid& grid, std::int64_t inputs, std::int64_t outputs, const Work& work) {
  const std::int64_t threads = at::get_num_threads(), tiles = grid.tiles(),
                     at_once = std::min(tiles_at_once, tiles),
                     input_step = odd_lines(at_once * inputs),
                     output_step = odd_lines(at_once * outputs);
  const at::Tensor room = at::empty({threads, grid.products() * (input_step + output_step)});
  at::parallel_for(0, threads, 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t thread = first; thread < last; ++thread) {
      float* around = room.mutable_data_ptr<float>() + thread * room.stride(0);
      float* products = around + grid.products() * input_step;
      const std::int64_t end = tiles * (thread + 1) / threads;
      for (std::int64_t begin = tiles * thread / threads; begin < end; begin += at_once) {
        const std::int64_t count = std::min(at_once, end - begin);
        work(TileStep{{begin, count}, {around, input_step}, {products, output_step}, thread});
      }
    }
  });
}

std::int64_t channels_of(at::TensorList parts) {
  std::int64_t channels = 0;
  for (const at::Tensor& part : parts) channels += part.size(1);
  return channels;
}

/// In fp32, side by side for each voxel.
bool has_lanes_of_channels(const at::Tensor& x) {
  return x.is_cpu() && x.scalar_type() == at::kFloat && has_channels_last(x) &&
         x.size(1) % lane_count == 0;
}

void transform_parts(const TileGrid& grid, at::TensorList parts, const TileStep& step) {
  const std::int64_t columns = channels_of(parts);
  Matrices<float> around = step.around;
  for (const at::Tensor& part : parts) {
    transform_input(grid, step.range, {part.const_data_ptr<float>(), part.size(1), columns},
                    around);
    around.values += part.size(1);
  }
}

at::Tensor filtered(const TileGrid& grid, at::TensorList parts, const TransformedKernels& kernels,
                    const at::Tensor& bias) {
  const at::Tensor& first = parts.front();
  auto shape = first.sizes().vec();
  shape[1] = kernels.outputs;
  at::Tensor y = at::empty(shape, first.options(), channels_last(first));
  const at::Tensor added = bias.contiguous();
  for_tiles(grid, kernels.inputs, kernels.outputs, [&](const TileStep& step) {
    transform_parts(grid, parts, step);
    multiply({grid.products(), step.range.count, kernels.inputs, kernels.outputs},
             {step.around.values, step.around.step}, kernels.matrices(), step.products);
    transform_output(grid, step.range, {step.products.values, step.products.step}, kernels.outputs,
                     added.const_data_ptr<float>(), y.mutable_data_ptr<float>());
  });
  return y;
}

at::Tensor gradient_of_weight(at::TensorList parts, const at::Tensor& weight,
                              const at::Tensor& dy) {
  const TileGrid grid = grid_of(dy, weight, true);
  const std::int64_t inputs = weight.size(1), outputs = weight.size(0);
  const at::Tensor sums = at::zeros({at::get_num_threads(), grid.products(), inputs * outputs});
  for_tiles(grid, inputs, outputs, [&](const TileStep& step) {
    transform_parts(grid, parts, step);
    transform_gradient(grid, step.range, dy.const_data_ptr<float>(), outputs, step.products);
    add_transposed_products(
        {grid.products(), inputs, step.range.count, outputs},
        {step.around.values, step.around.step}, {step.products.values, step.products.step},
        {sums.mutable_data_ptr<float>() + step.thread * sums.stride(0), sums.stride(1)});
  });
  return transform_kernels_back(sums.sum(0).view({-1, inputs, outputs})).reshape(weight.sizes());
}

// Of the part that begins at channel `first`.
at::Tensor gradient_of_part(const at::Tensor& part, std::int64_t first, const at::Tensor& weight,
                            const at::Tensor& dy) {
  const at::Tensor kernels = weight.narrow(1, first, part.size(1));
  const TileGrid grid = grid_of(dy, kernels, true);
  return filtered(grid, dy, transform_kernels(kernels, grid.tile_depth, KernelUse::gradient),
                  at::zeros({part.size(1)}));
}

class WinogradConvolution : public torch::autograd::Function<WinogradConvolution> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& weight,
                            const at::Tensor& bias, at::TensorList parts) {
    variable_list saved{weight};
    saved.insert(saved.end(), parts.begin(), parts.end());
    context->save_for_backward(std::move(saved));
    const TileGrid grid = grid_of(parts.front(), weight, true);
    return filtered(grid, parts, transform_kernels(weight, grid.tile_depth, KernelUse::convolution),
                    bias);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto& weight = saved[0];
    const at::TensorList parts = at::TensorList(saved).slice(1);
    const auto dy = gradients[0].contiguous(channels_last(gradients[0]));
    std::vector<std::int64_t> places{0};
    for (std::int64_t axis = 2; axis < dy.dim(); ++axis) places.push_back(axis);
    variable_list result(saved.size() + 1);
    if (context->needs_input_grad(0)) result[0] = gradient_of_weight(parts, weight, dy);
    if (context->needs_input_grad(1)) result[1] = dy.sum(places);
    std::int64_t first = 0;
    for (std::size_t i = 0; i < parts.size(); first += parts[i++].size(1))
      if (context->needs_input_grad(i + 2))
        result[i + 2] = gradient_of_part(parts[i], first, weight, dy);
    return result;
  }
};

}  // namespace

bool suits_winograd(at::TensorList parts, const at::Tensor& weight) {
  const std::int64_t inputs = weight.size(1), outputs = weight.size(0);
  if (!std::all_of(parts.begin(), parts.end(), has_lanes_of_channels) ||
      weight.scalar_type() != at::kFloat || std::min(inputs, outputs) < 16 ||
      outputs % lane_count != 0 || at::autocast::is_autocast_enabled(at::kCPU))
    return false;
  const at::Tensor& x = parts.front();
  const TileGrid grid = grid_of(x, weight, at::GradMode::is_enabled());
  const std::int64_t voxels = x.numel() / x.size(1),
                     in_tiles = grid.tiles() * grid.voxels_in_tile();
  return grid.tiles() >= 30 && in_tiles < voxels * 2;
}

at::Tensor winograd_convolution(at::TensorList parts, const at::Tensor& weight,
                                const at::Tensor& bias) {
  SEG_ASSERT(std::all_of(parts.begin(), parts.end(), has_lanes_of_channels));
  SEG_ASSERT(channels_of(parts) == weight.size(1) && weight.size(0) % lane_count == 0);
  const at::Tensor added = bias.defined() ? bias : at::zeros({weight.size(0)});
  const at::Tensor& x = parts.front();
  // Profilers and multiply_accumulates() see it as they see the library's; of parts the first.
  RECORD_FUNCTION("seg::winograd_convolution", std::vector<c10::IValue>({x, weight}));
  if (at::GradMode::is_enabled()) return WinogradConvolution::apply(weight, added, parts);
  const TileGrid grid = grid_of(x, weight, false);
  return filtered(grid, parts, transform_kernels(weight, grid.tile_depth, KernelUse::convolution),
                  added);
}

}  // namespace seg::net
