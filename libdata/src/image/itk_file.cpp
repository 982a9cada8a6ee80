#include "image/itk_file.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>

#include "image/image_format.hpp"
#include "image/meta_header.hpp"
#include "image/nifti_file.hpp"
#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;
using Component = itk::IOComponentEnum;

struct TypePair {
  Component itk;
  at::ScalarType torch;
};

constexpr TypePair types[] = {
    {Component::UCHAR, at::kByte},       {Component::CHAR, at::kChar},
    {Component::USHORT, at::kUInt16},    {Component::SHORT, at::kShort},
    {Component::UINT, at::kUInt32},      {Component::INT, at::kInt},
    {Component::ULONG, at::kUInt64},     {Component::LONG, at::kLong},
    {Component::ULONGLONG, at::kUInt64}, {Component::LONGLONG, at::kLong},
    {Component::FLOAT, at::kFloat},      {Component::DOUBLE, at::kDouble}};

at::ScalarType scalar_type(Component component, const fs::path& file) {
  const auto* found = std::find_if(std::begin(types), std::end(types),
                                   [&](const TypePair& pair) { return pair.itk == component; });
  if (found == std::end(types))
    throw Error(file.string(), "has voxels of a kind that is not supported",
                "store whole numbers or floats");
  return found->torch;
}

Component component(at::ScalarType type) {
  const auto* found = std::find_if(std::begin(types), std::end(types),
                                   [&](const TypePair& pair) { return pair.torch == type; });
  if (found == std::end(types)) throw std::logic_error("voxels of this type cannot be written");
  return found->itk;
}

Geometry geometry_of(const itk::ImageIOBase& io) {
  Geometry geometry;
  geometry.dimensions = static_cast<int>(std::min(io.GetNumberOfDimensions(), 3U));
  for (int axis = 0; axis < geometry.dimensions; ++axis) {
    geometry.spacing[axis] = io.GetSpacing(axis);
    geometry.origin[axis] = io.GetOrigin(axis);
    for (int row = 0; row < geometry.dimensions; ++row)
      geometry.direction[3 * row + axis] = io.GetDirection(axis)[row];
  }
  return geometry;
}

/// Axes that span no space would give a label map that lies nowhere.
void require_directions(const Geometry& geometry, const fs::path& file) {
  const auto& d = geometry.direction;
  const double volume = d[0] * (d[4] * d[8] - d[5] * d[7]) - d[1] * (d[3] * d[8] - d[5] * d[6]) +
                        d[2] * (d[3] * d[7] - d[4] * d[6]);
  constexpr double kFlat = 1e-6;
  if (geometry.dimensions == 3 && !(std::abs(volume) > kFlat))
    throw Error(file.string(), "its header is damaged (its axes lie in one plane)",
                "export the scan again");
}

void require_voxels(const itk::ImageIOBase& io, const fs::path& file) {
  std::string size;
  for (unsigned axis = 0; axis < io.GetNumberOfDimensions(); ++axis)
    size += (axis ? " x " : "") + std::to_string(io.GetDimensions(axis));
  if (io.GetImageSizeInPixels() == 0)
    throw Error(file.string(), "the image has no voxels (size " + size + ")");
  if (io.GetNumberOfDimensions() < 2 || io.GetNumberOfDimensions() > 4)
    throw Error(file.string(), "has " + std::to_string(io.GetNumberOfDimensions()) + " axes",
                "give an image of two or three");
}

void select_all(itk::ImageIOBase& io) {
  itk::ImageIORegion region(io.GetNumberOfDimensions());
  for (unsigned axis = 0; axis < io.GetNumberOfDimensions(); ++axis)
    region.SetSize(axis, io.GetDimensions(axis));
  io.SetIORegion(region);
}

/// ITK's readers share variables: NiftiImageIO the last file's name, NRRD's library its errors. Two
/// that read at the same time corrupt memory (seen with helgrind, ITK 5.2).
std::mutex itk_reads;

bool is_meta_image(const fs::path& file) {
  return image_ending(file) == ".mha" || image_ending(file) == ".mhd";
}

/// T, Z, Y, X, components.
std::vector<std::int64_t> shape_in_file(const itk::ImageIOBase& io) {
  std::vector<std::int64_t> shape(4, 1);
  for (unsigned axis = 0; axis < io.GetNumberOfDimensions(); ++axis)
    shape[3 - axis] = static_cast<std::int64_t>(io.GetDimensions(axis));
  shape.push_back(io.GetNumberOfComponents());
  return shape;
}

/// As in the file, brought to [C, Z, Y, X].
at::Tensor read_voxels(itk::ImageIOBase& io, const fs::path& file) {
  const std::vector<std::int64_t> shape = shape_in_file(io);
  at::Tensor voxels = at::empty(shape, at::TensorOptions(scalar_type(io.GetComponentType(), file)));
  if (!is_meta_image(file) || !read_packed_meta_voxels(file, voxels)) {
    select_all(io);
    io.Read(voxels.data_ptr());
  }
  return voxels.permute({0, 4, 1, 2, 3}).flatten(0, 1).contiguous();
}

/// False when ITK refuses a NIfTI header for its direction cosines.
bool read_header(itk::ImageIOBase& io, const fs::path& file) {
  try {
    io.ReadImageInformation();
  } catch (const itk::ExceptionObject& exception) {
    if (essence(exception).find("orthonormal") == std::string::npos) throw;
    return false;
  }
  keep_gray(io);
  require_voxels(io, file);
  return true;
}

void set_geometry(itk::ImageIOBase& io, const Geometry& geometry, int dimensions) {
  for (int axis = 0; axis < std::min(dimensions, 3); ++axis) {
    io.SetSpacing(axis, geometry.step()[axis]);
    io.SetOrigin(axis, geometry.origin[axis]);
    std::vector<double> column(static_cast<std::size_t>(dimensions), 0);
    for (int row = 0; row < std::min(dimensions, 3); ++row)
      column[static_cast<std::size_t>(row)] = geometry.direction[3 * row + axis];
    io.SetDirection(axis, column);
  }
}

/// The fourth axis is no place in space.
void set_channels(itk::ImageIOBase& io, std::int64_t channels) {
  io.SetDimensions(3, channels);
  io.SetSpacing(3, 1);
  io.SetOrigin(3, 0);
  io.SetDirection(3, {0, 0, 0, 1});
}

void set_grid(itk::ImageIOBase& io, const Volume& volume, bool channels) {
  const int dimensions = channels ? 4 : volume.geometry.dimensions;
  io.SetNumberOfDimensions(dimensions);
  for (int axis = 0; axis < std::min(dimensions, 3); ++axis)
    io.SetDimensions(axis, volume.voxels.size((channels ? 3 : 2) - axis));
  set_geometry(io, volume.geometry, dimensions);
  if (channels) set_channels(io, volume.voxels.size(0));
}

}  // namespace

ItkFile read_with_itk(const fs::path& file) {
  const std::lock_guard lock(itk_reads);
  const auto io = image_format(file);
  io->SetFileName(file.string());
  if (!io->CanReadFile(file.c_str()))
    throw Error(file.string(), "its content is not what its name says or is damaged",
                image_ending(file) == known_ending(file)
                    ? "export the scan again"
                    : "end its name in lower case, or export the scan again");
  ItkFile result;
  result.accepted = read_header(*io, file);
  if (!is_nifti(file)) result.voxels = read_voxels(*io, file);
  if (result.accepted) {
    result.geometry = geometry_of(*io);
    require_directions(result.geometry, file);
  }
  return result;
}

std::optional<ImageHeader> read_header_with_itk(const fs::path& file) {
  const std::lock_guard lock(itk_reads);
  const auto io = image_format(file);
  io->SetFileName(file.string());
  if (!io->CanReadFile(file.c_str()) || !read_header(*io, file)) return std::nullopt;
  const auto shape = shape_in_file(*io);
  return ImageHeader{{shape[0] * shape[4], shape[1], shape[2], shape[3]},
                     geometry_of(*io).array_spacing()};
}

void write_with_itk(const fs::path& file, const Volume& volume, bool rgb) {
  const auto io = image_format(file);
  const at::Tensor voxels = volume.voxels.cpu().contiguous();
  set_grid(*io, volume, volume.voxels.dim() == 4 && !rgb);
  io->SetFileName(file.string());
  io->SetPixelType(rgb ? itk::IOPixelEnum::RGB : itk::IOPixelEnum::SCALAR);
  io->SetNumberOfComponents(rgb ? 3 : 1);
  io->SetComponentType(component(voxels.scalar_type()));
  io->SetUseCompression(true);
  select_all(*io);
  io->Write(voxels.data_ptr());
}

}  // namespace seg::data
