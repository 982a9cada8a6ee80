#include "image/slice_stack.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <sstream>

#include "image/file_header.hpp"
#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

using Vector = std::array<double, 3>;

constexpr double slack = 0.1;            // of a pixel or a slice spacing
constexpr double same_direction = 1e-4;  // of cosines, and of spacings relative to each other
constexpr double orthonormal = 1e-3;
constexpr double same_place = 1e-3;  // of a pixel

Vector operator-(const Vector& a, const Vector& b) {
  return {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
}
Vector operator*(double factor, const Vector& a) {
  return {factor * a[0], factor * a[1], factor * a[2]};
}
double dot(const Vector& a, const Vector& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}
double length(const Vector& a) { return std::sqrt(dot(a, a)); }
Vector cross(const Vector& a, const Vector& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
Vector vector_of(const std::vector<double>& numbers, std::size_t start = 0) {
  return {numbers[start], numbers[start + 1], numbers[start + 2]};
}

std::string text_of(double number) {
  std::ostringstream text;
  text << number;
  return text.str();
}

std::string text_of(const std::vector<double>& numbers) {
  std::string text;
  for (const double number : numbers)
    text.append(text.empty() ? "(" : ", ").append(text_of(number));
  return text + ")";
}

/// Its file, and the frame if that has several.
std::string name_of(const PlacedSlice& slice) {
  return slice.file.filename().string() +
         (slice.is_alone ? "" : ", frame " + std::to_string(slice.frame + 1) + ",");
}

std::string where(const PlacedSlice& slice) {
  return (slice.file.parent_path() / name_of(slice)).string();
}

void require_numbers(const PlacedSlice& slice, const std::string& field,
                     const std::vector<double>& numbers, std::size_t count) {
  if (numbers.size() != count)
    throw Error(where(slice), "does not say where it lies in the patient (" + field + ")",
                "give slices of a scanner, or convert the scan, for example to .nii.gz");
  require_in_space(slice.file, field, numbers);
}

void check_place(const PlacedSlice& slice) {
  const DicomFrame& place = slice.place;
  require_numbers(slice, "ImagePositionPatient", place.position, 3);
  require_numbers(slice, "ImageOrientationPatient", place.orientation, 6);
  require_numbers(slice, "PixelSpacing", place.pixel_spacing, 2);
  if (!(place.pixel_spacing[0] > 0 && place.pixel_spacing[1] > 0))
    refuse_header(slice.file, "PixelSpacing is " + text_of(place.pixel_spacing));
  const Vector row = vector_of(place.orientation), column = vector_of(place.orientation, 3);
  if (std::abs(length(row) - 1) > orthonormal || std::abs(length(column) - 1) > orthonormal ||
      std::abs(dot(row, column)) > orthonormal)
    refuse_header(slice.file, "ImageOrientationPatient " + text_of(place.orientation) +
                                  " holds no two directions at a right angle");
}

[[noreturn]] void refuse_other(const PlacedSlice& slice, const PlacedSlice& first,
                               const std::string& difference) {
  throw Error(where(slice), difference + " in " + name_of(first),
              "give each stack of slices a folder of its own");
}

void check_alike(const PlacedSlice& slice, const PlacedSlice& first) {
  const DicomFrame &found = slice.place, &expected = first.place;
  for (std::size_t i = 0; i < 6; ++i)
    if (std::abs(found.orientation[i] - expected.orientation[i]) > same_direction)
      refuse_other(slice, first,
                   "has the orientation " + text_of(found.orientation) + " instead of " +
                       text_of(expected.orientation));
  for (std::size_t i = 0; i < 2; ++i)
    if (std::abs(found.pixel_spacing[i] / expected.pixel_spacing[i] - 1) > same_direction)
      refuse_other(slice, first,
                   "has the pixel spacing " + text_of(found.pixel_spacing) + " mm instead of " +
                       text_of(expected.pixel_spacing) + " mm");
}

struct Axes {
  Vector row, column, normal;
};

/// Directions are written with few digits.
Axes axes_of(const PlacedSlice& slice) {
  const Vector row = vector_of(slice.place.orientation);
  const Vector unit_row = 1 / length(row) * row;
  const Vector given = vector_of(slice.place.orientation, 3);
  const Vector column = given - dot(given, unit_row) * unit_row;
  const Vector unit_column = 1 / length(column) * column;
  return {unit_row, unit_column, cross(unit_row, unit_column)};
}

double height(const PlacedSlice& slice, const Axes& axes) {
  return dot(vector_of(slice.place.position), axes.normal);
}

double smaller_pixel(const PlacedSlice& slice) {
  return std::min(slice.place.pixel_spacing[0], slice.place.pixel_spacing[1]);
}

/// How far a slice lies from the first one within its plane, mm.
Vector drift(const PlacedSlice& slice, const PlacedSlice& first, const Axes& axes) {
  const Vector way = vector_of(slice.place.position) - vector_of(first.place.position);
  return way - dot(way, axes.normal) * axes.normal;
}

void refuse_same_positions(const std::vector<PlacedSlice>& slices, const Axes& axes) {
  std::size_t positions = 1;
  const PlacedSlice *one = nullptr, *other = nullptr;
  for (std::size_t i = 1; i < slices.size(); ++i) {
    const double step = height(slices[i], axes) - height(slices[i - 1], axes);
    const bool same = step <= same_place * smaller_pixel(slices[0]);
    positions += !same;
    if (same && !one) one = &slices[i - 1], other = &slices[i];
  }
  if (one)
    throw Error(where(*one),
                "lies at the position of " + name_of(*other) + ": there are " +
                    std::to_string(slices.size()) + " slices at " + std::to_string(positions) +
                    " positions",
                "give each time point, echo or reconstruction a folder of its own");
}

void refuse_tilt(const std::vector<PlacedSlice>& slices, const Axes& axes) {
  const PlacedSlice &first = slices.front(), &last = slices.back();
  const double allowed = slack * smaller_pixel(first);
  const double way = height(last, axes) - height(first, axes);
  const Vector whole = drift(last, first, axes);
  const auto off_line = [&](const PlacedSlice& slice) {
    const double part = (height(slice, axes) - height(first, axes)) / way;
    return length(drift(slice, first, axes) - part * whole);
  };
  const auto& worst = *std::ranges::max_element(slices, {}, off_line);
  if (off_line(worst) > allowed)
    throw Error(where(worst),
                "lies " + text_of(off_line(worst)) +
                    " mm beside the line of the other slices, within its plane",
                "give each stack of slices a folder of its own");
  if (length(whole) > allowed)
    throw Error(first.file.parent_path().string(),
                "its positions run at " +
                    text_of(std::atan2(length(whole), way) * 180 / std::numbers::pi) +
                    " degrees to the normal of its slices (gantry tilt)",
                "resample it to a straight grid, for example with dcm2niix, and give that file");
}

[[noreturn]] void refuse_gap(const PlacedSlice& one, const PlacedSlice& other, double step,
                             double usual) {
  const double times = std::round(step / usual);
  const bool is_multiple = times > 1 && std::abs(step - times * usual) <= slack * usual;
  const std::string between = "between " + name_of(one) + " and " + name_of(other) + ", " +
                              text_of(step) + " mm apart where others are " + text_of(usual) +
                              " mm";
  if (is_multiple)
    throw Error(one.file.parent_path().string(),
                text_of(times - 1) + " slice(s) are missing " + between,
                "copy or export the series again");
  throw Error(one.file.parent_path().string(), "the slices are not evenly spaced: " + between,
              "resample them to even steps first");
}

/// @return the mean step.
double even_step(const std::vector<PlacedSlice>& slices, const Axes& axes) {
  std::vector<double> steps;
  for (std::size_t i = 1; i < slices.size(); ++i)
    steps.push_back(height(slices[i], axes) - height(slices[i - 1], axes));
  std::vector<double> sorted = steps;
  std::sort(sorted.begin(), sorted.end());
  const double usual = sorted[(sorted.size() - 1) / 2];
  for (std::size_t i = 0; i < steps.size(); ++i)
    if (std::abs(steps[i] - usual) > slack * usual)
      refuse_gap(slices[i], slices[i + 1], steps[i], usual);
  const double start = height(slices.front(), axes);
  const double mean = (height(slices.back(), axes) - start) / static_cast<double>(steps.size());
  for (std::size_t i = 1; i + 1 < slices.size(); ++i) {
    const double off = height(slices[i], axes) - start - static_cast<double>(i) * mean;
    if (std::abs(off) > slack * mean)
      throw Error(
          where(slices[i]),
          "lies " + text_of(off) + " mm off its place in even steps of " + text_of(mean) + " mm",
          "resample the slices to even steps first");
  }
  return mean;
}

double step_of_single(const PlacedSlice& slice) {
  if (!(slice.slice_spacing > 0))
    throw Error(where(slice), "is the only slice, and does not say how thick it is",
                "give the whole series");
  require_in_space(slice.file, "SliceThickness", {slice.slice_spacing});
  return slice.slice_spacing;
}

}  // namespace

SliceStack stacked(std::vector<PlacedSlice> slices) {
  for (const PlacedSlice& slice : slices) check_place(slice);
  for (const PlacedSlice& slice : slices) check_alike(slice, slices.front());
  const Axes axes = axes_of(slices.front());
  std::ranges::stable_sort(slices, {}, [&](const auto& slice) { return height(slice, axes); });
  refuse_same_positions(slices, axes);
  if (slices.size() > 1) refuse_tilt(slices, axes);
  const double step = slices.size() > 1 ? even_step(slices, axes) : step_of_single(slices[0]);
  const DicomFrame& first = slices.front().place;
  SliceStack stack{std::move(slices), {}};
  stack.geometry.spacing = {first.pixel_spacing[1], first.pixel_spacing[0], step};
  stack.geometry.origin = vector_of(first.position);
  for (std::size_t row = 0; row < 3; ++row) {
    stack.geometry.direction[3 * row] = axes.row[row];
    stack.geometry.direction[3 * row + 1] = axes.column[row];
    stack.geometry.direction[3 * row + 2] = axes.normal[row];
  }
  return stack;
}

}  // namespace seg::data
