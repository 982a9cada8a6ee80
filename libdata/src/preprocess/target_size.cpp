#include "preprocess/target_size.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "cases/likely_unit.hpp"
#include "seg/data/resample.hpp"
#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

template <class Values>
std::string product_text(const Values& values) {
  std::ostringstream text;
  for (std::size_t axis = 0; axis < values.size(); ++axis)
    text << (axis ? " x " : "") << values[axis];
  return text.str();
}

double product(const std::array<double, 3>& values) { return values[0] * values[1] * values[2]; }

/// Voxels along each axis; in floating point, because they may be more than integers hold.
std::array<double, 3> extent_at_target(const CaseProperties& properties) {
  std::array<double, 3> extent;
  for (std::size_t axis = 0; axis < 3; ++axis)
    extent[axis] = std::nearbyint(static_cast<double>(properties.shape_after_cropping[axis]) *
                                  properties.spacing[axis] / properties.target_spacing[axis]);
  return extent;
}

double memory_of_machine() {
  return static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

std::string remedy(const CaseProperties& properties) {
  const std::string unit = likely_unit(properties.spacing, properties.target_spacing);
  if (unit.empty()) return "check the spacing in its header and in the plan";
  return "its spacing is probably in " + unit +
         "; correct the spacing in its header, or the unit there";
}

[[noreturn]] void refuse(const CaseProperties& properties, const std::array<double, 3>& extent,
                         const std::string& consequence) {
  throw Error("the scan",
              "with a spacing of " + product_text(properties.spacing) + " mm its " +
                  product_text(properties.shape_after_cropping) + " voxels would become " +
                  product_text(extent) + " at the plan's " +
                  product_text(properties.target_spacing) + " mm, " + consequence,
              remedy(properties));
}

/// More than there is, or out of proportion to the scan.
bool is_absurd(double bytes, double growth) {
  constexpr double kLargestGrowth = 1e4, kAlwaysFine = 4.0 * (1 << 30);
  return bytes > memory_of_machine() || (bytes > kAlwaysFine && growth > kLargestGrowth);
}

}  // namespace

std::string doubt_about_unit(const Image& image, const plan::Plans& plans) {
  const std::array<double, 3>& usual = plans.original_median_spacing_after_transp;
  if (std::ranges::any_of(usual, [](double length) { return !(length > 0); })) return "";
  const std::array<double, 3> spacing = image.geometry.array_spacing();
  const std::string unit = likely_unit(spacing, usual);
  if (unit.empty()) return "";
  return "its spacing of " + product_text(spacing) + " mm is far from the " + product_text(usual) +
         " mm of the plans, and probably in " + unit;
}

std::array<std::int64_t, 3> target_size(const CaseProperties& properties, std::int64_t channels) {
  const auto extent = extent_at_target(properties);
  if (!(product(extent) >= 1)) refuse(properties, extent, "which is nothing");
  const double bytes = product(extent) * static_cast<double>(channels) * sizeof(float);
  const double growth = product(properties.spacing) / product(properties.target_spacing);
  if (is_absurd(bytes, growth))
    refuse(properties, extent,
           "which takes " + std::to_string(std::llround(bytes / (1 << 30))) + " GB of memory");
  return resampled_shape(properties.shape_after_cropping, properties.spacing,
                         properties.target_spacing);
}

}  // namespace seg::data
