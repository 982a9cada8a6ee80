#include "kernels/cpu/tile_upsampling.hpp"

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <ATen/record_function.h>

#include <vector>

#include "kernels/cpu/lanes.hpp"
#include "kernels/cpu/small_products.hpp"
#include "kernels/memory_layout.hpp"
#include "seg/plan/assert.hpp"

namespace seg::net {
namespace {

// From [B, Z, Y, X, kz, ky, kx, outputs] to [B, Z, kz, Y, ky, X, kx, outputs].
std::vector<std::int64_t> interleaved(std::int64_t axes) {
  std::vector<std::int64_t> order{0};
  for (std::int64_t axis = 1; axis <= axes; ++axis) order.insert(order.end(), {axis, axis + axes});
  order.push_back(2 * axes + 1);
  return order;
}

// Rows of voxels times the weights of a row of a tile are a row of the result.
bool suits_rows(const at::Tensor& x, const at::Tensor& weight) {
  return x.scalar_type() == at::kFloat && weight.scalar_type() == at::kFloat &&
         weight.size(1) * weight.size(-1) % lane_count == 0 && !at::GradMode::is_enabled() &&
         !at::autocast::is_autocast_enabled(at::kCPU);
}

at::Tensor upsample_by_rows(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const std::int64_t inputs = x.size(1), width = x.size(-1), height = x.size(-2),
                     columns = weight.size(1) * weight.size(-1), high = weight.size(-2),
                     deep = x.dim() == 5 ? weight.size(2) : 1;
  const std::int64_t together = columns_together(columns);
  std::vector<std::int64_t> shape{x.size(0), weight.size(1)};
  for (std::int64_t axis = 2; axis < x.dim(); ++axis)
    shape.push_back(x.size(axis) * weight.size(axis));
  at::Tensor y = at::empty(shape, x.options(), channels_last(x));
  const at::Tensor factors = weight.movedim(1, -1)
                                 .reshape({inputs, -1, columns / together, together})
                                 .permute({1, 2, 0, 3})
                                 .contiguous();
  const at::Tensor added = bias.defined() ? bias.repeat({weight.size(-1)}) : at::zeros({columns});
  const SmallProducts sizes{1, width, inputs, columns};
  at::parallel_for(0, x.numel() / (inputs * width), 4, [&](auto first, auto last) {
    for (std::int64_t row = first; row < last; ++row) {
      const float* from = x.const_data_ptr<float>() + row * width * inputs;
      for (std::int64_t place = 0; place < deep * high; ++place) {
        const std::int64_t z = row / height * deep + place / high,
                           to = (z * height + row % height) * high + place % high;
        multiply(sizes, {from, 0}, {factors.const_data_ptr<float>() + place * factors.stride(0), 0},
                 {y.mutable_data_ptr<float>() + to * width * columns, 0},
                 added.const_data_ptr<float>());
      }
    }
  });
  return y;
}

}  // namespace

at::Tensor upsample_by_tiles(const at::Tensor& x, const at::Tensor& weight,
                             const at::Tensor& bias) {
  // Profilers and multiply_accumulates() see it as they see the library's.
  RECORD_FUNCTION("seg::upsample_by_tiles", std::vector<c10::IValue>({x, weight}));
  SEG_ASSERT(weight.dim() == x.dim() && weight.size(0) == x.size(1));
  if (suits_rows(x, weight)) return upsample_by_rows(x, weight, bias);
  const std::int64_t axes = x.dim() - 2, outputs = weight.size(1);
  const auto kernel = weight.sizes().slice(2);
  const auto factors = weight.flatten(2).transpose(1, 2).flatten(1);  // [inputs, places * outputs]
  const auto rows = x.movedim(1, -1).reshape({-1, x.size(1)});
  const auto tiles = bias.defined() ? at::addmm(bias.repeat({weight[0][0].numel()}), rows, factors)
                                    : at::mm(rows, factors);
  std::vector<std::int64_t> split{x.size(0)}, joined{x.size(0)};
  for (std::int64_t axis = 0; axis < axes; ++axis) {
    split.push_back(x.size(axis + 2));
    joined.push_back(x.size(axis + 2) * kernel[static_cast<std::size_t>(axis)]);
  }
  split.insert(split.end(), kernel.begin(), kernel.end());
  split.push_back(outputs);
  joined.push_back(outputs);
  return tiles.view(split).permute(interleaved(axes)).reshape(joined).movedim(-1, 1);
}

}  // namespace seg::net
