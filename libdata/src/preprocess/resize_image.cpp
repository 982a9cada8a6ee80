#include "preprocess/resize_image.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

#include "preprocess/spline.hpp"
#include "seg/data/axis_taps.hpp"

namespace seg::data {
namespace {

/// Weighted sum of the source rows that make up row (z, y) of the result, before x is resampled.
void mix_rows(const at::Tensor& source, const std::array<AxisTaps, 3>& taps,
              std::array<std::int64_t, 2> position, std::vector<double>& mixed) {
  const auto& [along_z, along_y, along_x] = taps;
  const float* data = source.const_data_ptr<float>();
  std::fill(mixed.begin(), mixed.end(), 0.0);
  for (std::int64_t a = position[0] * along_z.count; a < (position[0] + 1) * along_z.count; ++a) {
    for (std::int64_t b = position[1] * along_y.count; b < (position[1] + 1) * along_y.count; ++b) {
      const double weight = along_z.weight[a] * along_y.weight[b];
      const float* row =
          data + (along_z.index[a] * source.size(1) + along_y.index[b]) * source.size(2);
      for (std::size_t x = 0; x < mixed.size(); ++x) mixed[x] += weight * row[x];
    }
  }
}

void sample_row(const AxisTaps& taps, const std::vector<double>& row, float* result) {
  const std::int64_t extent = taps.extent();
  for (std::int64_t x = 0; x < extent; ++x) {
    double value = 0;
    for (std::int64_t tap = x * taps.count; tap < (x + 1) * taps.count; ++tap)
      value += taps.weight[tap] * row[taps.index[tap]];
    result[x] = static_cast<float>(value);
  }
}

at::Tensor sample(const at::Tensor& source, const std::array<AxisTaps, 3>& taps) {
  const std::int64_t depth = taps[0].extent(), height = taps[1].extent(), width = taps[2].extent();
  at::Tensor result = at::empty({depth, height, width}, at::kFloat);
  float* data = result.data_ptr<float>();
  at::parallel_for(0, depth * height, 16, [&](std::int64_t begin, std::int64_t end) {
    std::vector<double> mixed(static_cast<std::size_t>(source.size(2)));
    for (std::int64_t row = begin; row < end; ++row) {
      mix_rows(source, taps, {row / height, row % height}, mixed);
      sample_row(taps[2], mixed, data + row * width);
    }
  });
  return result;
}

}  // namespace

at::Tensor resize_image(const at::Tensor& volume, const std::array<std::int64_t, 3>& shape,
                        int order) {
  std::array<AxisTaps, 3> taps;
  std::array<bool, 3> cubic{};
  for (int axis = 0; axis < 3; ++axis) {
    taps[axis] = axis_taps(order, volume.size(axis), shape[axis]);
    cubic[axis] = taps[axis].count == 4;
  }
  const bool any_cubic = cubic[0] || cubic[1] || cubic[2];
  return sample(any_cubic ? spline_coefficients(volume, cubic) : volume.contiguous(), taps);
}

}  // namespace seg::data
