#include "blocks/image_convolution.hpp"

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <vector>

#include "blocks/lanes.hpp"
#include "blocks/memory_layout.hpp"
#include "blocks/small_products.hpp"

namespace seg::net {
namespace {

struct Box {
  std::int64_t depth, height, width;

  explicit Box(at::IntArrayRef sizes)
      : depth(sizes.size() == 5 ? sizes[2] : 1),
        height(sizes[sizes.size() - 2]),
        width(sizes.back()) {}
};

/// Images [items, Z, Y, X, channels].
struct Images {
  const float* values;
  Box size;
  std::int64_t channels;
};

// A row's values of one channel, moved by `shift` voxels, with zeros from outside the image.
void copy_shifted(const Images& images, const float* row, std::int64_t shift, float* to) {
  const std::int64_t width = images.size.width, begin = std::clamp<std::int64_t>(-shift, 0, width),
                     end = std::clamp<std::int64_t>(width - shift, begin, width);
  std::fill(to, to + begin, 0.F);
  for (std::int64_t x = begin; x < end; ++x) to[x] = row[(x + shift) * images.channels];
  std::fill(to + end, to + width, 0.F);
}

// What lies under the kernel around the voxels of a row: [kz, ky, kx, channels, X].
void find_neighbours(const Images& images, const Box& kernel, std::int64_t row, float* to) {
  const auto [depth, height, width] = images.size;
  const std::int64_t y = row % height, z = row / height % depth;
  for (std::int64_t k = 0; k < kernel.depth * kernel.height; ++k) {
    const std::int64_t dz = k / kernel.height - kernel.depth / 2,
                       dy = k % kernel.height - kernel.height / 2;
    const bool inside = z + dz >= 0 && z + dz < depth && y + dy >= 0 && y + dy < height;
    const float* from = images.values + (row + dz * height + dy) * width * images.channels;
    for (std::int64_t dx = 0; dx < kernel.width; ++dx) {
      for (std::int64_t channel = 0; channel < images.channels; ++channel, to += width) {
        if (inside)
          copy_shifted(images, from + channel, dx - kernel.width / 2, to);
        else
          std::fill(to, to + width, 0.F);
      }
    }
  }
}

}  // namespace

bool suits_image_convolution(const at::Tensor& x, const at::Tensor& weight) {
  return x.is_cpu() && x.dim() >= 4 && x.scalar_type() == at::kFloat &&
         weight.scalar_type() == at::kFloat && weight.size(1) <= 4 &&
         weight.size(0) % lane_count == 0 && x.is_contiguous(channels_last(x)) &&
         !at::GradMode::is_enabled() && !at::autocast::is_autocast_enabled(at::kCPU);
}

at::Tensor convolve_image(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  // Profilers and multiply_accumulates() see it as they see the library's.
  RECORD_FUNCTION("seg::convolve_image", std::vector<c10::IValue>({x, weight}));
  const Images images{x.const_data_ptr<float>(), Box(x.sizes()), x.size(1)};
  const Box kernel(weight.sizes());
  const std::int64_t outputs = weight.size(0), width = images.size.width;
  auto shape = x.sizes().vec();
  shape[1] = outputs;
  at::Tensor y = at::empty(shape, x.options(), channels_last(x));
  const at::Tensor factors = weight.movedim(1, -1).flatten(1).t().contiguous(),
                   added = bias.defined() ? bias.contiguous() : at::zeros({outputs});
  const std::int64_t inner = factors.size(0);
  at::parallel_for(0, x.numel() / (width * images.channels), 16, [&](auto first, auto last) {
    std::vector<float> neighbours(static_cast<std::size_t>(inner * width));
    for (std::int64_t row = first; row < last; ++row) {
      find_neighbours(images, kernel, row, neighbours.data());
      float* to = y.mutable_data_ptr<float>() + row * width * outputs;
      for (std::int64_t voxel = 0; voxel < width; ++voxel)
        std::copy_n(added.const_data_ptr<float>(), outputs, to + voxel * outputs);
      add_transposed_products({1, width, inner, outputs}, {neighbours.data(), 0},
                              {factors.const_data_ptr<float>(), 0}, {to, 0});
    }
  });
  return y;
}

}  // namespace seg::net
