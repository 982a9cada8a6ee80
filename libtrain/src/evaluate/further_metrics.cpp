#include "evaluate/further_metrics.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

#include "predict/label_parts.hpp"
#include "seg/data/components.hpp"

namespace seg::train {
namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

std::string nsd_name(double tolerance) {
  char text[40];
  std::snprintf(text, sizeof text, "NSD at %g mm", tolerance);
  return text;
}

/// A class that is in neither map counts in no mean, as its Dice does not.
void add_surface(const SurfaceMetrics& surface, const FurtherMetrics& wanted, Metrics& metrics) {
  const bool in_neither = metrics.n_pred + metrics.n_ref == 0;
  const auto add = [&](const std::string& name, double value) {
    metrics.further.emplace_back(name, in_neither ? not_a_number : value);
  };
  if (wanted.hd) add("HD", surface.hd);
  if (wanted.hd95) add("HD95", surface.hd95);
  if (wanted.assd) add("ASSD", surface.assd);
  if (!wanted.nsd) return;
  for (std::size_t i = 0; i < surface.nsd.size(); ++i)
    add(nsd_name(wanted.nsd_tolerances[i]), surface.nsd[i]);
}

void add_volumes(double voxel_volume, Metrics& metrics) {
  const double difference = std::abs(metrics.n_pred - metrics.n_ref);
  metrics.further.emplace_back("volume_pred", metrics.n_pred * voxel_volume);
  metrics.further.emplace_back("volume_ref", metrics.n_ref * voxel_volume);
  metrics.further.emplace_back("volume_error",
                               metrics.n_ref > 0 ? difference / metrics.n_ref : not_a_number);
}

/// Connected parts of a mask, and how many of them share a voxel with another.
struct Parts {
  double all = 0, touched = 0;
};

Parts parts_touched(const at::Tensor& mask, const at::Tensor& by) {
  const at::Tensor numbers = data::connected_components(mask);
  Parts parts;
  parts.all = numbers.numel() > 0 ? numbers.max().item<double>() : 0;
  const at::Tensor touched = std::get<0>(at::_unique(numbers.masked_select(by & mask)));
  parts.touched = static_cast<double>(touched.numel());
  return parts;
}

void add_lesions(const at::Tensor& predicted, const at::Tensor& expected, Metrics& metrics) {
  const Parts reference = parts_touched(expected, predicted);
  const Parts prediction = parts_touched(predicted, expected);
  metrics.further.emplace_back("lesions_ref", reference.all);
  metrics.further.emplace_back("lesions_found", reference.touched);
  metrics.further.emplace_back("lesions_missed", reference.all - reference.touched);
  metrics.further.emplace_back("lesions_pred", prediction.all);
  metrics.further.emplace_back("lesions_false", prediction.all - prediction.touched);
}

/// The smallest box that holds some voxels of [Z, Y, X].
struct Box {
  std::array<std::int64_t, 3> first{}, last{};
  bool empty = true;

  void take(const std::array<std::int64_t, 3>& low, const std::array<std::int64_t, 3>& high) {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      first[axis] = empty ? low[axis] : std::min(first[axis], low[axis]);
      last[axis] = empty ? high[axis] : std::max(last[axis], high[axis]);
    }
    empty = false;
  }
  at::Tensor of(const at::Tensor& volume) const {
    at::Tensor part = volume;
    for (std::size_t axis = 0; axis < 3; ++axis)
      part = part.slice(static_cast<std::int64_t>(axis), first[axis], last[axis] + 1);
    return part;
  }
};

/// Widens the boxes of all values, in one pass; `boxes` has one for each 16-bit value.
void take_boxes(const at::Tensor& volume, std::vector<Box>& boxes) {
  const at::Tensor map = volume.to(at::kShort).contiguous();
  const auto* values = map.const_data_ptr<std::int16_t>();
  const std::int64_t columns = map.size(2);
  for (std::int64_t z = 0; z < map.size(0); ++z)
    for (std::int64_t y = 0; y < map.size(1); ++y)
      for (std::int64_t x = 0; x < columns;) {
        const std::int16_t value = *values;
        const std::int64_t start = x;
        for (; x < columns && *values == value; ++x) ++values;
        if (value != 0) boxes[static_cast<std::uint16_t>(value)].take({z, y, start}, {z, y, x - 1});
      }
}

void add_lesions(const ComparedMaps& maps, const plan::Labels& labels,
                 std::vector<Metrics>& metrics) {
  const auto volume = [](const at::Tensor& map) { return map.dim() == 2 ? map.unsqueeze(0) : map; };
  const at::Tensor prediction = volume(maps.prediction), reference = volume(maps.reference);
  std::vector<Box> boxes(1 << 16);
  take_boxes(prediction, boxes);
  take_boxes(reference, boxes);
  const auto classes = labels.foreground();
  for (std::size_t one = 0; one < classes.size(); ++one) {
    Box box;
    for (const int value : classes[one]) {
      const Box& of_value = boxes[static_cast<std::uint16_t>(value)];
      if (!of_value.empty) box.take(of_value.first, of_value.last);
    }
    if (box.empty) box.take({0, 0, 0}, {0, 0, 0});
    const at::Tensor predicted = box.of(prediction), expected = box.of(reference);
    at::Tensor counted = at::ones_like(expected, at::kBool);
    if (labels.ignore) counted = expected != *labels.ignore;
    add_lesions(voxels_with(predicted, classes[one]) & counted,
                voxels_with(expected, classes[one]) & counted, metrics[one]);
  }
}

double voxel_volume(const ComparedMaps& maps) {
  const double area = maps.spacing[1] * maps.spacing[2];
  return maps.reference.dim() == 2 ? area : area * maps.spacing[0];
}

}  // namespace

void add_further_metrics(const ComparedMaps& maps, const plan::Labels& labels,
                         const FurtherMetrics& wanted, std::vector<Metrics>& metrics) {
  if (wanted.any_surface()) {
    const auto surface = surface_metrics(maps, labels, wanted.nsd_tolerances);
    for (std::size_t one = 0; one < metrics.size(); ++one)
      add_surface(surface[one], wanted, metrics[one]);
  }
  if (wanted.volume)
    for (Metrics& one : metrics) add_volumes(voxel_volume(maps), one);
  if (wanted.lesions) add_lesions(maps, labels, metrics);
}

}  // namespace seg::train
