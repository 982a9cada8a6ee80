#include "seg/data/image.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "image/channels.hpp"
#include "image/image_format.hpp"
#include "image/orientation.hpp"
#include "image/volume_file.hpp"
#include "seg/data/grid.hpp"
#include "seg/data/output_format.hpp"
#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;

struct Channel {
  fs::path file;
  Volume volume;
};

/// Shape and spacing must agree; what else differs is told.
std::string difference_between(const Channel& channel, const Channel& first) {
  const Geometry &geometry = channel.volume.geometry, &expected = first.volume.geometry;
  const std::string of_first = " in " + first.file.filename().string();
  std::string difference = grid_difference({channel.volume.voxels.sizes(), geometry},
                                           {first.volume.voxels.sizes(), expected});
  const std::string spacing = spacing_difference(geometry, expected);
  if (channel.volume.voxels.size(0) != first.volume.voxels.size(0))
    throw Error(channel.file.string(),
                "has " + std::to_string(channel.volume.voxels.size(0)) + " channel(s) instead of " +
                    std::to_string(first.volume.voxels.size(0)) + of_first,
                "all files of a case must be of one kind");
  if (difference.starts_with("shape") || !spacing.empty())
    throw Error(channel.file.string(),
                (difference.starts_with("shape") ? difference : spacing) + of_first,
                "all channels of a case must lie on one grid");
  return difference.empty() ? "" : difference + of_first;
}

bool fits_int16(at::ScalarType type) {
  return type == at::kByte || type == at::kChar || type == at::kShort;
}

Error too_large_label(const fs::path& file) {
  return {file.string(), "holds a label beyond 32767", "number the labels 0, 1, 2, ..."};
}

/// In the same memory: labels that int16 holds look the same in both.
at::Tensor from_uint16(const at::Tensor& voxels, const fs::path& file) {
  const at::Tensor labels = voxels.view(at::kShort);
  if (labels.numel() > 0 && labels.min().item<std::int16_t>() < 0) throw too_large_label(file);
  return labels;
}

void take_labels(const at::Tensor& voxels, const at::Tensor& labels, const fs::path& file) {
  const at::Tensor values = voxels.to(at::kDouble);
  if (!values.equal(values.round()))
    throw Error(file.string(), "a label map must hold whole numbers, but has others",
                "export it as integers, without interpolation");
  if ((values.abs() > std::numeric_limits<std::int16_t>::max()).any().item<bool>())
    throw too_large_label(file);
  labels.copy_(values);
}

/// Slice by slice, so that a map of 64-bit numbers takes no more than them and its labels.
at::Tensor as_labels(const at::Tensor& voxels, const fs::path& file) {
  if (fits_int16(voxels.scalar_type())) return voxels.to(at::kShort);
  if (voxels.scalar_type() == at::kUInt16) return from_uint16(voxels, file);
  const at::Tensor labels = at::empty(voxels.sizes(), at::kShort);
  for (std::int64_t z = 0; z < voxels.size(1); ++z)
    take_labels(voxels.select(1, z), labels.select(1, z), file);
  return labels;
}

/// nnU-Net's SimpleITKIOWithReorient writes bytes always, which turns label 300 into 44; this keeps
/// what a byte can hold.
at::ScalarType type_for(const at::Tensor& labels, const ImageReader& reader) {
  const bool bytes_only = reader == ImageReader{ImageReader::Kind::itk, true};
  const auto largest = labels.max().item<std::int64_t>();
  return largest < 255 || (bytes_only && largest == 255) ? at::kByte : at::kUInt16;
}

}  // namespace

std::array<double, 3> Geometry::array_spacing() const {
  if (dimensions == 2) return {999 * std::max(spacing[0], spacing[1]), spacing[1], spacing[0]};
  return {spacing[2], spacing[1], spacing[0]};
}

Image read_image(const std::vector<fs::path>& channels, const ImageReader& reader,
                 const Reporter& reporter) {
  if (channels.empty()) throw std::logic_error("read_image needs at least one file");
  Image image;
  std::vector<at::Tensor> parts;
  std::optional<Channel> first;
  StoredAxes last_stored;
  for (const fs::path& file : channels) {
    Channel channel{file, read_volume(file, {reader}, reporter)};
    parts.push_back(channel.volume.voxels.to(at::kFloat));
    channel.volume.voxels = parts.back();
    last_stored = channel.volume.geometry.stored;
    if (!first) {
      first = channel;
      continue;
    }
    const std::string difference = difference_between(channel, *first);
    if (difference.empty()) continue;
    image.misplaced.emplace_back(file, difference);
    reporter.warn(file.string() + ": " + difference);
  }
  image.data = joined_channels(parts);
  image.geometry = first->volume.geometry;
  // nnU-Net's SimpleITKIOWithReorient turns label maps back to the order of the last channel.
  if (reader.kind == ImageReader::Kind::itk) image.geometry.stored = last_stored;
  return image;
}

Image read_label_map(const fs::path& file, const ImageReader& reader, const Reporter& reporter) {
  const Volume volume = read_volume(file, {reader, true}, reporter);
  if (volume.voxels.size(0) != 1)
    throw Error(
        file.string(),
        "a label map has one channel, but this has " + std::to_string(volume.voxels.size(0)),
        "export it as one integer per voxel, not as colours");
  return {as_labels(volume.voxels, file), volume.geometry};
}

Image image_in_memory(const at::Tensor& voxels, const Geometry& geometry,
                      const ImageReader& reader) {
  Image image{voxels, geometry, {}};
  if (reader.reorients && geometry.dimensions != 3)
    throw Error("the scan", "is a slice, which cannot be turned to RAS", "give a volume");
  if (reader.reorients) image.data = turned_to_ras(voxels, image.geometry);
  image.geometry.reader = reader;
  return image;
}

at::Tensor array_in_stored_order(const at::Tensor& array, const Geometry& geometry) {
  Geometry turned = geometry;
  return turned_to_stored(array, turned);
}

bool can_read(const ImageReader& reader, const fs::path& file) {
  try {
    return !read_volume(file, {reader}, {}).repaired;
  } catch (const Error&) {
    return false;
  }
}

void write_label_map(const fs::path& file, const at::Tensor& labels, const Geometry& geometry) {
  Volume volume{{}, geometry};
  const at::Tensor in_stored_order = turned_to_stored(labels, volume.geometry);
  volume.voxels = in_stored_order.to(type_for(labels, geometry.reader));
  write_volume(file, volume);
}

void write_image(const fs::path& file, const at::Tensor& data, const Geometry& geometry) {
  Volume volume{{}, geometry};
  volume.voxels = turned_to_stored(data, volume.geometry).to(at::kFloat);
  write_volume(file, volume);
}

void write_picture(const fs::path& file, const at::Tensor& rgb) {
  require_picture_name(file);
  write_volume(file, {rgb.to(at::kByte).unsqueeze(0), Geometry{.dimensions = 2}}, true);
}

}  // namespace seg::data
