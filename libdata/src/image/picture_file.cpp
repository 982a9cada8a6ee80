#include "image/picture_file.hpp"

#include "image/image_format.hpp"
#include "image/itk_file.hpp"
#include "image/png_file.hpp"
#include "image/tiff_file.hpp"
#include "image/tiff_spacing.hpp"
#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;

bool are_colours(std::int64_t count) { return count == 3 || count == 4; }

/// Skimage's rule for which axis of a TIFF holds the colours.
at::Tensor colours_of(const at::Tensor& values, const fs::path& file) {
  if (values.dim() == 2) return values.unsqueeze(0);
  if (values.dim() == 3 && are_colours(values.size(2))) return values.permute({2, 0, 1});
  if (values.dim() == 3 && are_colours(values.size(0))) return values;
  throw Error(file.string(),
              "is neither a grey nor a colour picture (" + std::to_string(values.dim()) + " axes)",
              "Tiff3DIO reads stacks: name it as overwrite_image_reader_writer in dataset.json");
}

/// [C, Y, X].
at::Tensor png_or_bmp(const fs::path& file) {
  const at::Tensor voxels =
      is_png(file) ? read_png(file).permute({2, 0, 1}) : read_with_itk(file).voxels.squeeze(1);
  if (voxels.size(0) != 1 && !are_colours(voxels.size(0)))
    throw Error(file.string(),
                "has " + std::to_string(voxels.size(0)) + " channels, such as grey and opacity",
                "store a grey picture, or one in RGB or RGBA");
  return voxels;
}

Volume stack_of(const at::Tensor& voxels, const Geometry& geometry) {
  return {voxels.contiguous(), geometry};
}

Geometry stack_geometry(const fs::path& file, bool is_label, const Reporter& reporter) {
  Geometry geometry;
  read_tiff_spacing({file, is_label}, geometry, reporter);
  return geometry;
}

}  // namespace

Volume read_picture(const fs::path& file) {
  if (!is_picture(file))
    throw Error(file.string(), "NaturalImage2DIO reads .png, .bmp and .tif only",
                "correct the image reader that the plan or dataset.json names");
  const at::Tensor colours =
      is_tiff(file) ? colours_of(read_tiff(file).values, file) : png_or_bmp(file);
  return {colours.unsqueeze(1).contiguous(), Geometry{.dimensions = 2}};
}

Volume read_tiff_stack(const fs::path& file, bool is_label, const Reporter& reporter) {
  if (!is_tiff(file))
    throw Error(file.string(), "Tiff3DIO reads .tif and .tiff only",
                "correct the image reader that the plan or dataset.json names");
  const at::Tensor values = read_tiff(file).values;
  if (values.dim() != 3)
    throw Error(file.string(),
                "has " + std::to_string(values.dim()) + " axes, but Tiff3DIO reads stacks",
                "store pages of grey pictures, or take NaturalImage2DIO for a single picture");
  return stack_of(values.unsqueeze(0), stack_geometry(file, is_label, reporter));
}

Volume read_picture_or_stack(const fs::path& file, bool is_label, const Reporter& reporter) {
  if (!is_tiff(file)) return read_picture(file);
  const TiffPages tiff = read_tiff(file);
  if (tiff.pages == 1) return read_picture(file);
  const at::Tensor channels =
      tiff.has_samples ? tiff.values.movedim(-1, 0) : tiff.values.unsqueeze(0);
  if (channels.dim() != 4)
    throw Error(file.string(), "has " + std::to_string(channels.dim() - 1) + " axes",
                "give an image of two or three");
  return stack_of(channels, stack_geometry(file, is_label, reporter));
}

}  // namespace seg::data
