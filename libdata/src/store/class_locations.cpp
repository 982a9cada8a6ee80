#include <algorithm>
#include <cmath>
#include <map>

#include "base/numpy_random.hpp"
#include "seg/data/preprocess_dataset.hpp"

namespace seg::data {
namespace {

using Indices = std::vector<std::int64_t>;

constexpr std::uint32_t location_seed = 1234;
constexpr std::int64_t enough_locations = 10000;
constexpr double least_share = 0.01;

/// Sets of label values to collect voxels of; with an ignore label the last one is everything that
/// is annotated, the outside (-1) included.
std::vector<std::vector<int>> wanted_classes(const plan::Labels& labels) {
  std::vector<std::vector<int>> classes = labels.foreground();
  if (labels.ignore) {
    classes.push_back({-1});
    classes.back().insert(classes.back().end(), labels.all.begin(), labels.all.end());
  }
  return classes;
}

using VoxelsByLabel = std::map<int, Indices>;

/// Flat indices of the voxels of each wanted label; one pass over the volume, with one search for
/// each run of equal neighbours.
VoxelsByLabel voxels_by_label(const at::Tensor& seg, const std::vector<std::vector<int>>& classes) {
  VoxelsByLabel voxels;
  for (const auto& labels : classes)
    for (const int label : labels) voxels[label];
  const at::Tensor values = seg.contiguous();
  const auto* value = values.const_data_ptr<std::int16_t>();
  auto wanted = voxels.end();
  for (std::int64_t i = 0; i < values.numel(); ++i) {
    if (i == 0 || value[i] != value[i - 1]) wanted = voxels.find(value[i]);
    if (wanted != voxels.end()) wanted->second.push_back(i);
  }
  return voxels;
}

Indices joined(const VoxelsByLabel& voxels, const std::vector<int>& labels) {
  Indices all;
  for (const int label : labels)
    all.insert(all.end(), voxels.at(label).begin(), voxels.at(label).end());
  return all;
}

Indices drawn(const Indices& voxels, std::mt19937& random) {
  const auto total = static_cast<std::int64_t>(voxels.size());
  const auto share = static_cast<std::int64_t>(std::ceil(static_cast<double>(total) * least_share));
  const std::int64_t count = std::max(std::min(enough_locations, total), share);
  Indices order = numpy_permutation(total, random);
  order.resize(static_cast<std::size_t>(count));
  for (std::int64_t& index : order) index = voxels[static_cast<std::size_t>(index)];
  return order;
}

at::Tensor coordinates(const Indices& voxels, const at::Tensor& seg) {
  const std::int64_t height = seg.size(2), width = seg.size(3);
  at::Tensor result = at::empty({static_cast<std::int64_t>(voxels.size()), 3}, at::kInt);
  auto* place = result.data_ptr<std::int32_t>();
  for (const std::int64_t voxel : voxels) {
    *place++ = static_cast<std::int32_t>(voxel / (height * width));
    *place++ = static_cast<std::int32_t>(voxel / width % height);
    *place++ = static_cast<std::int32_t>(voxel % width);
  }
  return result;
}

}  // namespace

std::vector<at::Tensor> class_locations(const at::Tensor& seg, const plan::Labels& labels) {
  const auto classes = wanted_classes(labels);
  const auto voxels = voxels_by_label(seg, classes);
  std::mt19937 random(location_seed);
  std::vector<at::Tensor> locations;
  for (const auto& values : classes)
    locations.push_back(coordinates(drawn(joined(voxels, values), random), seg));
  return locations;
}

}  // namespace seg::data
