#include "kernels/cpu/winograd_weights.hpp"

#include <ATen/Parallel.h>

#include "kernels/cpu/for_processor.hpp"
#include "kernels/cpu/winograd_lines.hpp"

namespace seg::net {
namespace {

/// The kernels of `lane_count` outputs and one input, and how far apart they and their places
/// are.
struct KernelPlaces {
  const float* first;
  std::int64_t output_step, place_step;
};

template <std::int64_t depth>
[[gnu::always_inline]] inline void transform(const KernelPlaces& places, Matrices<float> result) {
  constexpr std::int64_t given = depth == 1 ? 1 : 3, planes = line_products(depth);
  float kernels[given * 9][lane_count];
  for (std::int64_t lane = 0; lane < lane_count; ++lane) {
    const float* from = places.first + lane * places.output_step;
    for (std::int64_t i = 0; i < given * 9; ++i) kernels[i][lane] = from[i * places.place_step];
  }
  Lanes box[given * 36], line[6];
  for (std::int64_t z = 0; z < given; ++z) {
    Lanes* plane = box + z * 36;
    for (std::int64_t row = 0; row < 3; ++row) {
#pragma GCC unroll 3
      for (std::int64_t i = 0; i < 3; ++i) load(kernels[z * 9 + row * 3 + i], line[i]);
      kernel_line<4>(line, plane + row * 6, 1, 1);
    }
    for (std::int64_t i = 0; i < 6; ++i) kernel_line<4>(plane + i, plane + i, 6, 6);
  }
  for (std::int64_t i = 0; i < 36; ++i) {
    kernel_line<depth>(box + i, line, 36, 1);
#pragma GCC unroll 6
    for (std::int64_t z = 0; z < planes; ++z)
      store(line[z], result.values + (z * 36 + i) * result.step);
  }
}

[[gnu::always_inline]] inline void transform_places(std::int64_t tile_depth,
                                                    const KernelPlaces& places,
                                                    Matrices<float> result) {
  if (tile_depth == 1) return transform<1>(places, result);
  if (tile_depth == 2) return transform<2>(places, result);
  transform<4>(places, result);
}

// G as a matrix [products, 3].
template <std::int64_t voxels>
at::Tensor line_matrix() {
  Lanes units[3] = {}, rows[line_products(voxels)];
  for (int place = 0; place < 3; ++place) units[place][place] = 1;
  kernel_line<voxels>(units, rows, 1, 1);
  return at::from_blob(rows, {line_products(voxels), lane_count}).slice(1, 0, 3).clone();
}

}  // namespace

TransformedKernels transform_kernels(const at::Tensor& weight, std::int64_t tile_depth,
                                     KernelUse use) {
  const at::Tensor kernels = weight.flatten(2).contiguous();
  const std::int64_t places = kernels.size(2);
  const bool mirrored = use == KernelUse::gradient;
  const std::int64_t output_step = kernels.stride(mirrored ? 1 : 0),
                     input_step = kernels.stride(mirrored ? 0 : 1);
  TransformedKernels result;
  result.outputs = kernels.size(mirrored ? 1 : 0);
  result.inputs = kernels.size(mirrored ? 0 : 1);
  result.step = odd_lines(result.inputs * result.outputs);
  result.values = at::empty({36 * line_products(tile_depth), result.step});
  const float* first = kernels.const_data_ptr<float>() + (mirrored ? places - 1 : 0);
  float* to = result.values.mutable_data_ptr<float>();
  const std::int64_t blocks = result.outputs / lane_count * result.inputs;
  const std::int64_t together = columns_together(result.outputs);
  at::parallel_for(0, blocks, 64, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t block = begin; block < end; ++block) {
      const std::int64_t output = block / result.inputs * lane_count;
      const std::int64_t input = block % result.inputs;
      const std::int64_t place =
          (output / together * result.inputs + input) * together + output % together;
      const KernelPlaces some{first + output * output_step + input * input_step, output_step,
                              mirrored ? -1 : 1};
      run_for_processor<transform_places>(tile_depth, some,
                                          Matrices<float>{to + place, result.step});
    }
  });
  return result;
}

at::Tensor transform_kernels_back(const at::Tensor& products) {
  const std::int64_t inputs = products.size(1), outputs = products.size(2), n = inputs * outputs;
  const at::Tensor four = line_matrix<4>().t();
  at::Tensor planes =
      at::matmul(four, at::matmul(four, products.view({-1, 6, n})).view({-1, 6, 3 * n}))
          .view({-1, 9 * n});
  if (planes.size(0) == 4) planes = at::matmul(line_matrix<2>().t(), planes);
  return planes.view({-1, inputs, outputs}).permute({2, 1, 0});
}

}  // namespace seg::net
