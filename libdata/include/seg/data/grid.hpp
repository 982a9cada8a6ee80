#pragma once

#include <ATen/ATen.h>

#include <string>

#include "seg/data/image.hpp"

namespace seg::data {

/// Where the voxels of an array [C, Z, Y, X] lie.
struct Grid {
  at::IntArrayRef shape;
  const Geometry& geometry;
};

/// What makes two grids differ: "shape 35 x 51 x 35 instead of 35 x 51 x 36", likewise spacing,
/// origin or direction; empty when every voxel lies within a tenth of a voxel of its partner.
std::string grid_difference(const Grid& grid, const Grid& expected);

/// Reads the label map of a scan, see read_label_map(). That its voxels lie elsewhere than the
/// scan's is a warning: they are taken one by one. @throws Error when they are not as many.
Image read_label_map_of(const Image& scan, const std::filesystem::path& file,
                        const ImageReader& reader, const Reporter& reporter);

/// "spacing (...) instead of (...)" where one axis differs by more than nnU-Net allows between
/// channels (numpy's allclose: a hundred-thousandth); else empty.
std::string spacing_difference(const Geometry& geometry, const Geometry& expected);

}  // namespace seg::data
