#include "seg/data/image.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "image/channels.hpp"
#include "image/image_format.hpp"
#include "image/volume_file.hpp"
#include "seg/data/grid.hpp"
#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;

void require_same_grid(const Volume& volume, const fs::path& file, const Volume& first,
                       const fs::path& first_file) {
  const std::string difference = grid_difference({volume.voxels.sizes(), volume.geometry},
                                                 {first.voxels.sizes(), first.geometry});
  if (!difference.empty())
    throw Error(file.string(), difference + " in " + first_file.filename().string(),
                "all channels of a case must lie on one grid");
}

bool fits_int16(at::ScalarType type) {
  return type == at::kByte || type == at::kChar || type == at::kShort;
}

at::Tensor as_labels(const at::Tensor& voxels, const fs::path& file) {
  if (fits_int16(voxels.scalar_type())) return voxels.to(at::kShort);
  const at::Tensor values = voxels.to(at::kDouble);
  if (!values.equal(values.round()))
    throw Error(file.string(), "a label map must hold whole numbers, but has others",
                "export it as integers, without interpolation");
  if ((values.abs() > std::numeric_limits<std::int16_t>::max()).any().item<bool>())
    throw Error(file.string(), "holds a label beyond 32767", "number the labels 0, 1, 2, ...");
  return values.to(at::kShort);
}

}  // namespace

std::array<double, 3> Geometry::array_spacing() const {
  if (dimensions == 2) return {999 * std::max(spacing[0], spacing[1]), spacing[1], spacing[0]};
  return {spacing[2], spacing[1], spacing[0]};
}

Image read_image(const std::vector<fs::path>& channels, const Reporter& reporter) {
  std::vector<at::Tensor> parts;
  std::optional<Volume> first;
  for (const fs::path& file : channels) {
    Volume volume = read_volume(file, reporter);
    if (first) require_same_grid(volume, file, *first, channels.front());
    parts.push_back(volume.voxels.to(at::kFloat));
    if (!first) first = std::move(volume);
  }
  if (!first) throw std::logic_error("read_image needs at least one file");
  return {joined_channels(parts), first->geometry};
}

Image read_label_map(const fs::path& file, const Reporter& reporter) {
  const Volume volume = read_volume(file, reporter);
  if (volume.voxels.size(0) != 1)
    throw Error(
        file.string(),
        "a label map has one channel, but this has " + std::to_string(volume.voxels.size(0)),
        "export it as one integer per voxel, not as colours");
  return {as_labels(volume.voxels, file), volume.geometry};
}

void write_label_map(const fs::path& file, const at::Tensor& labels, const Geometry& geometry) {
  const bool small = labels.max().item<std::int64_t>() < 255;
  write_volume(file, {labels.to(small ? at::kByte : at::kUInt16), geometry});
}

void write_image(const fs::path& file, const at::Tensor& data, const Geometry& geometry) {
  write_volume(file, {data.to(at::kFloat), geometry});
}

void write_picture(const fs::path& file, const at::Tensor& rgb) {
  if (!is_picture(file))
    throw Error(file.string(), "a picture cannot be written in this format", "name it .png");
  write_volume(file, {rgb.to(at::kByte).unsqueeze(0), Geometry{.dimensions = 2}}, true);
}

}  // namespace seg::data
