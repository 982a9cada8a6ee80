#include <array>
#include <cmath>
#include <cstdint>

#include "image/file_header.hpp"
#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;

double size_of(const fs::path& file) { return static_cast<double>(fs::file_size(file)); }

/// Width and height of a BMP, in one of two forms; a negative height runs downwards.
std::array<double, 2> bmp_extent(const std::string& header) {
  const auto at = [&]<class Number>(std::size_t place, Number) {
    return static_cast<double>(number_at<Number>(header, place, std::endian::little));
  };
  const bool old = number_at<std::uint32_t>(header, 14, std::endian::little) == 12;
  if (old) return {at(18, std::int16_t{}), std::abs(at(20, std::int16_t{}))};
  return {at(18, std::int32_t{}), std::abs(at(22, std::int32_t{}))};
}

double gipl_bytes_of_type(std::uint16_t type) {
  switch (type) {
    case 15:
    case 16:
      return 2;
    case 31:
    case 32:
    case 64:
      return 4;
    case 65:
      return 8;
    default:
      return 1;
  }
}

}  // namespace

// The layout is in Microsoft's BITMAPFILEHEADER and BITMAPINFOHEADER.
void check_bmp_header(const fs::path& file) {
  const std::string header = first_bytes(file, 54);
  const bool old = number_at<std::uint32_t>(header, 14, std::endian::little) == 12;
  // What is not there is not 0 for ITK.
  require_bytes(file, {old ? 26.0 : 54.0, size_of(file)});
  const auto [width, height] = bmp_extent(header);
  const double bits = number_at<std::uint16_t>(header, old ? 24 : 28, std::endian::little);
  if (!old && number_at<std::uint32_t>(header, 30, std::endian::little) != 0)
    throw Error(file.string(), "is a compressed BMP, which is not read", "store it as PNG");
  if (width < 0) refuse_header(file, "a negative width");
  if (bits < 1) refuse_header(file, "its pixels have no bits");
  const double row = 4 * std::ceil(width * bits / 32);
  require_bytes(file, {number_at<std::uint32_t>(header, 10, std::endian::little) + row * height,
                       size_of(file)});
}

// The layout is ITK's: extents at 0, type at 8, spacing at 10, origin at 204, voxels at 256.
void check_gipl_header(const fs::path& file) {
  const std::string header = first_bytes(file, 256);
  const auto at = [&]<class Number>(std::size_t place, Number) {
    return number_at<Number>(header, place, std::endian::big);
  };
  double voxels = 1;
  std::vector<double> spacing, origin;
  for (std::size_t axis = 0; axis < 4; ++axis) {
    const auto extent = at(2 * axis, std::uint16_t{});
    if (axis < 2 && extent == 0) throw Error(file.string(), "the image has no voxels");
    if (extent == 0) continue;
    voxels *= extent;
    spacing.push_back(at(10 + 4 * axis, float{}));
    origin.push_back(at(204 + 8 * axis, double{}));
  }
  require_bytes(file, {256 + voxels * gipl_bytes_of_type(at(8, std::uint16_t{})), size_of(file)});
  require_in_space(file, "the spacing", spacing);
  require_in_space(file, "the origin", origin);
}

}  // namespace seg::data
