#include "seg/train/surface_metrics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nanoflann.hpp>

#include "seg/plan/error.hpp"

namespace seg::train {
namespace {

using Spacing = std::array<double, 3>;
using Voxel = std::array<std::int32_t, 3>;
using Surface = std::vector<Voxel>;

constexpr int value_count = 1 << 16;
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// The foreground classes that each label value belongs to.
class ClassesOfValue {
 public:
  explicit ClassesOfValue(const std::vector<std::vector<int>>& classes) : classes_(value_count) {
    for (std::size_t one = 0; one < classes.size(); ++one)
      for (const int value : classes[one]) classes_[index(value)].push_back(one);
  }

  const std::vector<std::size_t>& operator[](int value) const { return classes_[index(value)]; }
  bool holds(int value, std::size_t one) const {
    return std::ranges::find((*this)[value], one) != (*this)[value].end();
  }

 private:
  static std::size_t index(int value) { return static_cast<std::uint16_t>(value); }
  std::vector<std::vector<std::size_t>> classes_;
};

/// A label map and how to go from a voxel to its face neighbours.
struct Volume {
  const std::int16_t* values;
  std::array<std::int64_t, 3> shape, step;
  bool flat;  ///< a picture has no neighbours in front and behind
};

/// The values of a voxel's face neighbours; `beyond` for those outside of the array.
struct Neighbours {
  static constexpr int beyond = std::numeric_limits<int>::min();
  std::array<int, 6> values{};
  int count = 0;

  Neighbours(const Volume& volume, const Voxel& at, std::int64_t offset) {
    for (std::size_t axis = volume.flat ? 1 : 0; axis < 3; ++axis)
      for (const int side : {-1, 1}) {
        const std::int64_t place = at[axis] + side;
        const bool inside = place >= 0 && place < volume.shape[axis];
        values[count++] = inside ? volume.values[offset + side * volume.step[axis]] : beyond;
      }
  }
};

/// The surface of each class, in one pass over the voxels.
std::vector<Surface> surfaces(const Volume& volume, const ClassesOfValue& classes,
                              std::size_t class_count) {
  std::vector<Surface> result(class_count);
  std::int64_t offset = 0;
  Voxel at{};
  for (at[0] = 0; at[0] < volume.shape[0]; ++at[0])
    for (at[1] = 0; at[1] < volume.shape[1]; ++at[1])
      for (at[2] = 0; at[2] < volume.shape[2]; ++at[2], ++offset) {
        const int value = volume.values[offset];
        if (classes[value].empty()) continue;
        const Neighbours neighbours(volume, at, offset);
        const auto outside = [&](std::size_t one) {
          for (int i = 0; i < neighbours.count; ++i) {
            const int other = neighbours.values[i];
            if (other == value) continue;
            if (other == Neighbours::beyond || !classes.holds(other, one)) return true;
          }
          return false;
        };
        for (const std::size_t one : classes[value])
          if (outside(one)) result[one].push_back(at);
      }
  return result;
}

/// A surface as nanoflann wants points.
struct Points {
  const Surface& voxels;
  const Spacing& spacing;
  std::size_t kdtree_get_point_count() const { return voxels.size(); }
  double kdtree_get_pt(std::size_t index, std::size_t axis) const {
    return voxels[index][axis] * spacing[axis];
  }
  template <typename Box>
  bool kdtree_get_bbox(Box&) const {
    return false;
  }
};

/// From whole voxels, so that a distance of some voxels is not a rounding away from that number.
double distance(const Voxel& a, const Voxel& b, const Spacing& spacing) {
  double squares = 0;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double along = (a[axis] - b[axis]) * spacing[axis];
    squares += along * along;
  }
  return std::sqrt(squares);
}

/// Of each voxel of a surface to the nearest one of another, ascending. Neither may be empty.
std::vector<double> distances(const Surface& from, const Surface& to, const Spacing& spacing) {
  using Measure = nanoflann::L2_Simple_Adaptor<double, Points>;
  const Points points{to, spacing};
  const nanoflann::KDTreeSingleIndexAdaptor<Measure, Points, 3, std::uint32_t> tree(3, points);
  std::vector<double> result;
  result.reserve(from.size());
  for (const Voxel& voxel : from) {
    const double query[] = {voxel[0] * spacing[0], voxel[1] * spacing[1], voxel[2] * spacing[2]};
    std::uint32_t nearest = 0;
    double squared = 0;
    tree.knnSearch(query, 1, &nearest, &squared);
    result.push_back(distance(voxel, to[nearest], spacing));
  }
  std::ranges::sort(result);
  return result;
}

/// Of ascending values, between two of them linearly, as numpy has it.
double percentile(const std::vector<double>& values, double part) {
  const double place = part * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return std::lerp(values[below], values[above], place - std::floor(place));
}

double sum(const std::vector<double>& values) {
  double result = 0;
  for (const double value : values) result += value;
  return result;
}

SurfaceMetrics compare(const Surface& predicted, const Surface& expected, const Spacing& spacing,
                       const std::vector<double>& tolerances) {
  if (predicted.empty() && expected.empty())
    return {.nsd = std::vector<double>(tolerances.size(), 1)};
  if (predicted.empty() || expected.empty())
    return {not_a_number, not_a_number, not_a_number, std::vector<double>(tolerances.size(), 0)};
  const auto there = distances(predicted, expected, spacing);
  const auto back = distances(expected, predicted, spacing);
  const auto voxels = static_cast<double>(there.size() + back.size());
  SurfaceMetrics metrics{std::max(there.back(), back.back()),
                         std::max(percentile(there, 0.95), percentile(back, 0.95)),
                         (sum(there) + sum(back)) / voxels};
  for (const double tolerance : tolerances) {
    const auto within = [&](const std::vector<double>& values) {
      return std::ranges::upper_bound(values, tolerance) - values.begin();
    };
    metrics.nsd.push_back(static_cast<double>(within(there) + within(back)) / voxels);
  }
  return metrics;
}

Volume volume_of(const at::Tensor& map) {
  const bool flat = map.dim() == 2;
  const auto extent = [&](int axis) {
    return flat ? (axis == 0 ? 1 : map.size(axis - 1)) : map.size(axis);
  };
  const std::array<std::int64_t, 3> shape{extent(0), extent(1), extent(2)};
  return {map.const_data_ptr<std::int16_t>(), shape, {shape[1] * shape[2], shape[2], 1}, flat};
}

/// Without what the reference ignores.
at::Tensor counted(const at::Tensor& map, const ComparedMaps& maps, const plan::Labels& labels) {
  const at::Tensor values = map.to(at::kShort).contiguous();
  if (!labels.ignore) return values;
  return values.masked_fill(maps.reference == *labels.ignore, 0);
}

}  // namespace

std::vector<SurfaceMetrics> surface_metrics(const ComparedMaps& maps, const plan::Labels& labels,
                                            const std::vector<double>& tolerances) {
  if (maps.prediction.sizes() != maps.reference.sizes())
    throw Error("prediction", "its shape differs from the reference's");
  const auto values = labels.foreground();
  const ClassesOfValue classes(values);
  const at::Tensor prediction = counted(maps.prediction, maps, labels);
  const at::Tensor reference = counted(maps.reference, maps, labels);
  const auto predicted = surfaces(volume_of(prediction), classes, values.size());
  const auto expected = surfaces(volume_of(reference), classes, values.size());
  std::vector<SurfaceMetrics> result;
  for (std::size_t one = 0; one < values.size(); ++one)
    result.push_back(compare(predicted[one], expected[one], maps.spacing, tolerances));
  return result;
}

}  // namespace seg::train
