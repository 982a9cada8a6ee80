#include "augment/voxel_sampling.hpp"

#include <c10/util/Half.h>

#include <cmath>
#include <utility>

namespace seg::data {
namespace {

using Point = std::array<float, 3>;

template <typename T>
struct SourceGrid {
  const T* voxels;
  Extent3 size;
  T outside;

  bool contains(std::int64_t z, std::int64_t y, std::int64_t x) const {
    return z >= 0 && z < size[0] && y >= 0 && y < size[1] && x >= 0 && x < size[2];
  }
  T at(std::int64_t z, std::int64_t y, std::int64_t x) const {
    return contains(z, y, x) ? voxels[(z * size[1] + y) * size[2] + x] : outside;
  }
};

// The eight voxels around a point, X fastest, and their weights.
template <typename T>
struct Neighbours {
  std::array<T, 8> values;
  std::array<float, 8> weights;
};

template <typename T>
std::array<T, 8> values_around(const SourceGrid<T>& volume, const Extent3& low) {
  const auto [z, y, x] = low;
  const bool inside = z >= 0 && z + 1 < volume.size[0] && y >= 0 && y + 1 < volume.size[1] &&
                      x >= 0 && x + 1 < volume.size[2];
  if (!inside)
    return {volume.at(z, y, x),         volume.at(z, y, x + 1),        volume.at(z, y + 1, x),
            volume.at(z, y + 1, x + 1), volume.at(z + 1, y, x),        volume.at(z + 1, y, x + 1),
            volume.at(z + 1, y + 1, x), volume.at(z + 1, y + 1, x + 1)};
  const std::int64_t row = volume.size[2], slice = row * volume.size[1];
  const T* first = volume.voxels + z * slice + y * row + x;
  return {first[0],     first[1],         first[row],         first[row + 1],
          first[slice], first[slice + 1], first[slice + row], first[slice + row + 1]};
}

// std::floor is a function call on x86-64 without SSE4.1.
std::int64_t rounded_down(float value) {
  const auto truncated = static_cast<std::int64_t>(value);
  return truncated - (value < static_cast<float>(truncated) ? 1 : 0);
}

template <typename T>
Neighbours<T> neighbours(const SourceGrid<T>& volume, const Point& point) {
  Extent3 low;
  std::array<std::array<float, 2>, 3> share;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    low[axis] = rounded_down(point[axis]);
    const float above = point[axis] - static_cast<float>(low[axis]);
    share[axis] = {1 - above, above};
  }
  Neighbours<T> result;
  result.values = values_around(volume, low);
  for (std::size_t i = 0; i < 8; ++i)
    result.weights[i] = share[2][i & 1] * share[1][i >> 1 & 1] * share[0][i >> 2];
  return result;
}

// Coordinates go through grid_sample's own float operations, so that points halfway between voxels
// fall to the same side.
struct Coordinates {
  std::array<std::array<float, 3>, 3> matrix;
  Point size;

  Coordinates(const Affine& affine, const Extent3& extent) {
    for (std::size_t r = 0; r < 3; ++r) {
      size[r] = static_cast<float>(extent[r]);
      for (std::size_t c = 0; c < 3; ++c) matrix[r][c] = static_cast<float>(affine[r][c]);
    }
  }
  Point operator()(const Point& patch_point) const {
    Point point;
    for (std::size_t r = 0; r < 3; ++r) {
      const float centered = matrix[r][0] * patch_point[0] + matrix[r][1] * patch_point[1] +
                             matrix[r][2] * patch_point[2];
      point[r] = ((centered / (size[r] * 0.5F) + 1) * size[r] - 1) * 0.5F;
    }
    return point;
  }
};

// Calls `sample(point)` for every voxel of a patch, in memory order, and stores what it gives.
template <typename T, typename Sample>
void for_each_point(const Coordinates& coordinates, const at::Tensor& patch, const Sample& sample) {
  T* out = patch.mutable_data_ptr<T>();
  const auto centered = [&](std::int64_t index, std::int64_t axis) {
    return static_cast<float>(index) - static_cast<float>(patch.size(axis) - 1) / 2;
  };
  for (std::int64_t z = 0; z < patch.size(0); ++z)
    for (std::int64_t y = 0; y < patch.size(1); ++y)
      for (std::int64_t x = 0; x < patch.size(2); ++x)
        *out++ = sample(coordinates({centered(z, 0), centered(y, 1), centered(x, 2)}));
}

float linear(const Neighbours<float>& around) {
  float sum = 0;
  for (std::size_t i = 0; i < 8; ++i) sum += around.values[i] * around.weights[i];
  return sum;
}

bool all_equal(const std::array<std::int16_t, 8>& labels) {
  for (std::size_t i = 1; i < 8; ++i)
    if (labels[i] != labels[0]) return false;
  return true;
}

// In half precision, which makes exact ties of near ones.
float score(const Neighbours<std::int16_t>& around, std::int16_t label) {
  float sum = 0;
  for (std::size_t i = 0; i < 8; ++i)
    if (around.values[i] == label) sum += 1000 * around.weights[i];
  return c10::Half(sum);
}

std::int16_t nearest(const SourceGrid<std::int16_t>& volume, const Point& point) {
  const auto index = [&](std::size_t axis) {
    return static_cast<std::int64_t>(std::nearbyint(point[axis]));
  };
  return volume.at(index(0), index(1), index(2));
}

std::int16_t winning_label(const SourceGrid<std::int16_t>& volume, const Point& point) {
  const auto around = neighbours(volume, point);
  if (all_equal(around.values)) return around.values[0];
  std::pair<float, std::int16_t> best{-1, 0};
  for (const std::int16_t label : around.values) {
    const float candidate = score(around, label);
    if (candidate > best.first || (candidate == best.first && label < best.second))
      best = {candidate, label};
  }
  const std::int16_t close = nearest(volume, point);
  return score(around, close) == best.first ? close : best.second;
}

template <typename T>
SourceGrid<T> volume_of(const at::Tensor& channel, T outside) {
  return {
      channel.const_data_ptr<T>(), {channel.size(0), channel.size(1), channel.size(2)}, outside};
}

}  // namespace

void sample_images(const at::Tensor& source, const Affine& affine, const at::Tensor& moved) {
  for (std::int64_t c = 0; c < source.size(0); ++c) {
    const auto volume = volume_of<float>(source[c], 0);
    for_each_point<float>({affine, volume.size}, moved[c],
                          [&](const Point& point) { return linear(neighbours(volume, point)); });
  }
}

void sample_labels(const at::Tensor& source, const Affine& affine, const at::Tensor& moved) {
  for (std::int64_t c = 0; c < source.size(0); ++c) {
    const auto volume = volume_of<std::int16_t>(source[c], -1);
    for_each_point<std::int16_t>({affine, volume.size}, moved[c],
                                 [&](const Point& point) { return winning_label(volume, point); });
  }
}

}  // namespace seg::data
