#include "preprocess/spline.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "seg/data/axis_taps.hpp"

namespace seg::data {
namespace {

constexpr std::int64_t block = 64;  // lines filtered together, so that the processor can vectorise
const double pole = std::sqrt(3.0) - 2;
constexpr double gain = 6;

/// Lines of an array that are filtered together, each a column of the filter's state. Strides say
/// how far a line's samples and the lines' starts are apart.
struct Lines {
  float* start;
  std::int64_t samples, stride, columns, column_stride;
};

void run_causal(const Lines& lines, double* state) {
  const std::int64_t columns = lines.columns;
  for (std::int64_t c = 0; c < columns; ++c)
    state[c] = gain * lines.start[c * lines.column_stride] / (1 - pole);
  for (std::int64_t i = 1; i < lines.samples; ++i) {
    const float* sample = lines.start + i * lines.stride;
    double* row = state + i * columns;
    for (std::int64_t c = 0; c < columns; ++c)
      row[c] = gain * sample[c * lines.column_stride] + pole * row[c - columns];
  }
}

/// The last coefficients: beyond the end the causal state decays from its last value to the one
/// that a constant signal has.
void end_anticausal(const Lines& lines, double* row) {
  const float* sample = lines.start + (lines.samples - 1) * lines.stride;
  for (std::int64_t c = 0; c < lines.columns; ++c) {
    const double steady = gain * sample[c * lines.column_stride] / (1 - pole);
    row[c] = -pole * (steady / (1 - pole) + (row[c] - steady) / (1 - pole * pole));
  }
}

void run_anticausal(const Lines& lines, double* state) {
  const std::int64_t columns = lines.columns;
  end_anticausal(lines, state + (lines.samples - 1) * columns);
  for (std::int64_t i = lines.samples - 2; i >= 0; --i) {
    double* row = state + i * columns;
    for (std::int64_t c = 0; c < columns; ++c) row[c] = pole * (row[c + columns] - row[c]);
  }
}

void filter(const Lines& lines, std::vector<double>& state) {
  state.resize(static_cast<std::size_t>(lines.samples * lines.columns));
  run_causal(lines, state.data());
  run_anticausal(lines, state.data());
  for (std::int64_t i = 0; i < lines.samples; ++i) {
    const double* row = state.data() + i * lines.columns;
    float* sample = lines.start + i * lines.stride;
    for (std::int64_t c = 0; c < lines.columns; ++c)
      sample[c * lines.column_stride] = static_cast<float>(row[c]);
  }
}

void filter_axis(at::Tensor& volume, int axis) {
  const std::int64_t samples = volume.size(axis), stride = volume.stride(axis);
  const bool rows = stride == 1;  // then lines lie one behind the other, else side by side
  const std::int64_t together = rows ? volume.numel() / samples : stride;
  const std::int64_t column_stride = rows ? samples : 1;
  const std::int64_t groups = volume.numel() / (samples * together);
  const std::int64_t blocks = (together + block - 1) / block;
  float* data = volume.data_ptr<float>();
  at::parallel_for(0, groups * blocks, 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<double> state;
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t column = i % blocks * block;
      float* start = data + i / blocks * samples * together + column * column_stride;
      filter({start, samples, stride, std::min(block, together - column), column_stride}, state);
    }
  });
}

}  // namespace

at::Tensor spline_coefficients(const at::Tensor& volume, const std::array<bool, 3>& axes) {
  const auto padding = [&](int axis) { return axes[axis] ? spline_padding : 0; };
  // Padding is given for the last axis first, before and behind.
  at::Tensor coefficients =
      at::replication_pad3d(volume.unsqueeze(0), {padding(2), padding(2), padding(1), padding(1),
                                                  padding(0), padding(0)})
          .squeeze(0);
  for (int axis = 0; axis < 3; ++axis)
    if (axes[axis]) filter_axis(coefficients, axis);
  return coefficients;
}

}  // namespace seg::data
