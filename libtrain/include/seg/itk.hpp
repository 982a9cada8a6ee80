#pragma once

#include <itkImage.h>
#include <itkVectorImage.h>

#include <algorithm>
#include <vector>

#include "seg/predictor.hpp"

/// Scans of ITK's in, label maps of ITK's out. This header needs ITK; the library that is linked
/// does not ask which version of it the program uses.
namespace seg {

namespace detail {

template <typename TImage>
ImageGeometry geometry_of(const TImage& image) {
  constexpr unsigned axes = TImage::ImageDimension;
  static_assert(axes == 2 || axes == 3, "seg segments slices and volumes");
  ImageGeometry geometry;
  geometry.is_slice = axes == 2;
  for (unsigned axis = 0; axis < axes; ++axis) {
    geometry.spacing[axis] = image.GetSpacing()[axis];
    geometry.origin[axis] = image.GetOrigin()[axis];
    for (unsigned column = 0; column < axes; ++column)
      geometry.direction[3 * axis + column] = image.GetDirection()[axis][column];
  }
  return geometry;
}

/// Voxels in all, after a check that they are in memory.
template <typename TImage>
std::size_t voxels_of(const TImage& image) {
  if (image.GetBufferedRegion() != image.GetLargestPossibleRegion())
    throw Error("the scan", "is not whole in memory", "call Update() on what makes it");
  return image.GetBufferedRegion().GetNumberOfPixels();
}

template <typename TImage>
std::array<std::int64_t, 4> shape_of(const TImage& image, std::size_t channels) {
  const auto& size = image.GetBufferedRegion().GetSize();
  const auto depth = TImage::ImageDimension == 3 ? size[TImage::ImageDimension - 1] : 1;
  return {static_cast<std::int64_t>(channels), static_cast<std::int64_t>(depth),
          static_cast<std::int64_t>(size[1]), static_cast<std::int64_t>(size[0])};
}

template <typename TLabel, typename TImage>
typename itk::Image<TLabel, TImage::ImageDimension>::Pointer segment_voxels(
    const Predictor& predictor, const TImage& grid, const std::vector<float>& voxels,
    const SegmentControl& control) {
  const std::size_t channels = voxels.size() / std::max<std::size_t>(1, voxels_of(grid));
  const Segmentation segmentation =
      predictor.segment({voxels.data(), shape_of(grid, channels), geometry_of(grid)}, control);
  const auto labels = itk::Image<TLabel, TImage::ImageDimension>::New();
  labels->CopyInformation(&grid);
  labels->SetRegions(grid.GetLargestPossibleRegion());
  labels->Allocate();
  std::transform(segmentation.labels.begin(), segmentation.labels.end(), labels->GetBufferPointer(),
                 [](std::int16_t label) { return static_cast<TLabel>(label); });
  return labels;
}

}  // namespace detail

/// Segments a scan of one channel.
/// @returns labels with the scan's spacing, origin, direction and region.
/// @throws Error as Predictor::segment() does, and for an image that is not whole in memory.
template <typename TLabel = std::int16_t, typename TPixel, unsigned axes>
typename itk::Image<TLabel, axes>::Pointer segment(const Predictor& predictor,
                                                   const itk::Image<TPixel, axes>& scan,
                                                   const SegmentControl& control = {}) {
  const TPixel* first = scan.GetBufferPointer();
  const std::vector<float> voxels(first, first + detail::voxels_of(scan));
  return detail::segment_voxels<TLabel>(predictor, scan, voxels, control);
}

/// The same of a scan whose pixels hold all channels.
template <typename TLabel = std::int16_t, typename TPixel, unsigned axes>
typename itk::Image<TLabel, axes>::Pointer segment(const Predictor& predictor,
                                                   const itk::VectorImage<TPixel, axes>& scan,
                                                   const SegmentControl& control = {}) {
  const std::size_t count = detail::voxels_of(scan), channels = scan.GetVectorLength();
  std::vector<float> voxels(count * channels);
  const TPixel* value = scan.GetBufferPointer();
  for (std::size_t voxel = 0; voxel < count; ++voxel)
    for (std::size_t channel = 0; channel < channels; ++channel)
      voxels[channel * count + voxel] = static_cast<float>(*value++);
  return detail::segment_voxels<TLabel>(predictor, scan, voxels, control);
}

/// The same of channels in images of their own, all on the grid of the first.
template <typename TLabel = std::int16_t, typename TPixel, unsigned axes>
typename itk::Image<TLabel, axes>::Pointer segment(
    const Predictor& predictor,
    const std::vector<itk::SmartPointer<const itk::Image<TPixel, axes>>>& channels,
    const SegmentControl& control = {}) {
  if (channels.empty()) throw Error("the scan", "has no channels", "give at least one image");
  std::vector<float> voxels;
  for (const auto& channel : channels) {
    if (channel->GetBufferedRegion().GetSize() != channels[0]->GetBufferedRegion().GetSize() ||
        channel->GetSpacing() != channels[0]->GetSpacing())
      throw Error("the scan", "has channels of unequal size or spacing",
                  "resample them to one grid");
    const TPixel* first = channel->GetBufferPointer();
    voxels.insert(voxels.end(), first, first + detail::voxels_of(*channel));
  }
  return detail::segment_voxels<TLabel>(predictor, *channels[0], voxels, control);
}

}  // namespace seg
