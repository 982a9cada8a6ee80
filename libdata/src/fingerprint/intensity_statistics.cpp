#include "fingerprint/intensity_statistics.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace seg::data {
namespace {

struct Weighted {
  float value;
  double weight;
};

/// `limit` values of a sorted list, evenly spread, both ends included.
at::Tensor thin_out(const at::Tensor& sorted, std::int64_t limit) {
  if (sorted.numel() <= limit) return sorted;
  const at::Tensor positions =
      at::linspace(0, static_cast<double>(sorted.numel() - 1), limit, at::kDouble);
  return sorted.index_select(0, positions.round().to(at::kLong));
}

std::vector<Weighted> sorted_values(const std::vector<ForegroundIntensities>& cases) {
  std::vector<Weighted> values;
  for (const auto& intensities : cases) {
    if (intensities.voxels == 0) continue;
    const auto* value = intensities.sorted.const_data_ptr<float>();
    const std::int64_t count = intensities.sorted.numel();
    for (std::int64_t i = 0; i < count; ++i)
      values.push_back({value[i], 1.0 / static_cast<double>(count)});
  }
  std::sort(values.begin(), values.end(),
            [](const Weighted& a, const Weighted& b) { return a.value < b.value; });
  return values;
}

/// The smallest values below which lie the given shares of the whole weight; `shares` ascend.
std::array<double, 3> percentiles(const std::vector<Weighted>& sorted, double whole,
                                  const std::array<double, 3>& shares) {
  std::array<double, 3> found{};
  std::size_t next = 0;
  double weight = 0;
  for (const auto& [value, own_weight] : sorted) {
    weight += own_weight;
    while (next < shares.size() && weight >= shares[next] * whole) found[next++] = value;
  }
  while (next < shares.size()) found[next++] = sorted.back().value;
  return found;
}

}  // namespace

ForegroundIntensities foreground_intensities(const at::Tensor& values, std::int64_t limit) {
  ForegroundIntensities result;
  result.voxels = values.numel();
  if (result.voxels == 0) return result;
  const at::Tensor sorted = std::get<0>(values.sort());
  const at::Tensor wide = values.to(at::kDouble);
  result.mean = wide.mean().item<double>();
  result.mean_square = wide.square().mean().item<double>();
  result.min = sorted[0].item<double>();
  result.max = sorted[-1].item<double>();
  result.sorted = thin_out(sorted, limit);
  return result;
}

plan::IntensityProperties intensity_properties(const std::vector<ForegroundIntensities>& cases) {
  plan::IntensityProperties result;
  result.min = std::numeric_limits<double>::infinity();
  result.max = -result.min;
  double weight = 0, mean_square = 0;
  for (const auto& intensities : cases) {
    if (intensities.voxels == 0) continue;
    weight += 1;
    result.mean += intensities.mean;
    mean_square += intensities.mean_square;
    result.min = std::min(result.min, intensities.min);
    result.max = std::max(result.max, intensities.max);
  }
  result.mean /= weight;
  result.std = std::sqrt(std::max(0.0, mean_square / weight - result.mean * result.mean));
  const auto [low, middle, high] = percentiles(sorted_values(cases), weight, {0.005, 0.5, 0.995});
  result.percentile_00_5 = low;
  result.median = middle;
  result.percentile_99_5 = high;
  return result;
}

}  // namespace seg::data
