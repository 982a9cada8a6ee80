#include "seg/data/grid.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

constexpr double tolerance = 0.1;  // voxels, at the far end of the scan

template <class Values>
std::string listed(const Values& values, const char* separator) {
  std::ostringstream text;
  text.precision(7);
  for (std::size_t i = 0; i < values.size(); ++i) text << (i ? separator : "") << values[i];
  return text.str();
}

template <class Values>
std::string instead(const char* what, const Values& found, const Values& expected) {
  return std::string(what) + " (" + listed(found, ", ") + ") instead of (" +
         listed(expected, ", ") + ")";
}

double extent(const Grid& grid, int axis) {
  return static_cast<double>(grid.shape[3 - axis]);  // geometry counts x, y, z
}

double smallest_spacing(const Geometry& geometry) {
  return *std::min_element(geometry.spacing.begin(),
                           geometry.spacing.begin() + geometry.dimensions);
}

double largest_drift(const Grid& a, const Grid& b) {
  double worst = 0;
  for (int axis = 0; axis < b.geometry.dimensions; ++axis)
    worst = std::max(
        worst, extent(b, axis) * std::abs(a.geometry.spacing[axis] / b.geometry.spacing[axis] - 1));
  return worst;
}

double origin_difference(const Geometry& a, const Geometry& b) {
  double squared = 0;
  for (int axis = 0; axis < 3; ++axis) squared += std::pow(a.origin[axis] - b.origin[axis], 2);
  return std::sqrt(squared) / smallest_spacing(b);
}

double direction_difference(const Grid& a, const Grid& b) {
  double worst = 0;
  for (int i = 0; i < 9; ++i)
    worst = std::max(worst, std::abs(a.geometry.direction[i] - b.geometry.direction[i]) *
                                extent(b, i % 3) * b.geometry.spacing[i % 3]);
  return worst / smallest_spacing(b.geometry);
}

bool is_close(double a, double b) { return std::abs(a - b) <= 1e-8 + 1e-5 * std::abs(b); }

}  // namespace

Image read_label_map_of(const Image& scan, const std::filesystem::path& file,
                        const ImageReader& reader, const Reporter& reporter) {
  Image map = read_label_map(file, reader, reporter);
  const std::string difference =
      grid_difference({map.data.sizes(), map.geometry}, {scan.data.sizes(), scan.geometry});
  if (map.data.sizes().slice(1) != scan.data.sizes().slice(1))
    throw Error(file.string(), "has " + difference + " as the scan",
                "give the label map of this scan");
  if (!difference.empty())
    reporter.warn(file.string() + ": has " + difference +
                  " as the scan; its voxels are taken one by one all the same");
  return map;
}

std::string spacing_difference(const Geometry& geometry, const Geometry& expected) {
  if (std::ranges::equal(geometry.spacing, expected.spacing, is_close)) return "";
  return instead("spacing", geometry.spacing, expected.spacing);
}

std::string grid_difference(const Grid& grid, const Grid& expected) {
  const Geometry &found = grid.geometry, &wanted = expected.geometry;
  const auto shape = grid.shape.slice(1), wanted_shape = expected.shape.slice(1);
  if (shape != wanted_shape || found.dimensions != wanted.dimensions)
    return "shape " + listed(shape, " x ") + " instead of " + listed(wanted_shape, " x ");
  // Written so that NaN counts as different.
  if (!(largest_drift(grid, expected) <= tolerance))
    return instead("spacing", found.spacing, wanted.spacing);
  if (!(origin_difference(found, wanted) <= tolerance))
    return instead("origin", found.origin, wanted.origin);
  if (!(direction_difference(grid, expected) <= tolerance))
    return instead("direction", found.direction, wanted.direction);
  return "";
}

}  // namespace seg::data
