#include "blocks/tile_upsampling.hpp"

#include <ATen/record_function.h>

#include <vector>

namespace seg::net {
namespace {

// From [B, Z, Y, X, kz, ky, kx, outputs] to [B, Z, kz, Y, ky, X, kx, outputs].
std::vector<std::int64_t> interleaved(std::int64_t axes) {
  std::vector<std::int64_t> order{0};
  for (std::int64_t axis = 1; axis <= axes; ++axis) order.insert(order.end(), {axis, axis + axes});
  order.push_back(2 * axes + 1);
  return order;
}

}  // namespace

at::Tensor upsample_by_tiles(const at::Tensor& x, const at::Tensor& weight,
                             const at::Tensor& bias) {
  // Profilers and multiply_accumulates() see it as they see the library's.
  RECORD_FUNCTION("seg::upsample_by_tiles", std::vector<c10::IValue>({x, weight}));
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
