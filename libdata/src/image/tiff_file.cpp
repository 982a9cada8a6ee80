#include "image/tiff_file.hpp"

#include <tiffio.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;
using Tiff = std::unique_ptr<TIFF, decltype(&TIFFClose)>;

/// What all pages must have in common.
struct PageFormat {
  std::uint32_t width = 0, height = 0;
  std::uint16_t samples = 1, bits = 1, kind = SAMPLEFORMAT_UINT, planar = PLANARCONFIG_CONTIG;
  bool operator==(const PageFormat&) const = default;

  bool has_planes() const { return planar == PLANARCONFIG_SEPARATE && samples > 1; }
  std::int64_t planes() const { return has_planes() ? samples : 1; }
  std::int64_t samples_per_pixel() const { return has_planes() ? 1 : samples; }
  std::int64_t row_bytes() const { return width * samples_per_pixel() * (bits / 8); }
};

template <class Value>
Value field(TIFF* tiff, std::uint32_t tag, Value otherwise) {
  TIFFGetFieldDefaulted(tiff, tag, &otherwise);
  return otherwise;
}

PageFormat format_of(TIFF* tiff) {
  PageFormat format;
  format.width = field(tiff, TIFFTAG_IMAGEWIDTH, format.width);
  format.height = field(tiff, TIFFTAG_IMAGELENGTH, format.height);
  format.samples = field(tiff, TIFFTAG_SAMPLESPERPIXEL, format.samples);
  format.bits = field(tiff, TIFFTAG_BITSPERSAMPLE, format.bits);
  format.kind = field(tiff, TIFFTAG_SAMPLEFORMAT, format.kind);
  format.planar = field(tiff, TIFFTAG_PLANARCONFIG, format.planar);
  if (format.kind == SAMPLEFORMAT_VOID) format.kind = SAMPLEFORMAT_UINT;
  return format;
}

struct SampleKind {
  std::uint16_t kind, bits;
  at::ScalarType type;
};

constexpr SampleKind kinds[] = {
    {SAMPLEFORMAT_UINT, 8, at::kByte},     {SAMPLEFORMAT_UINT, 16, at::kUInt16},
    {SAMPLEFORMAT_UINT, 32, at::kUInt32},  {SAMPLEFORMAT_UINT, 64, at::kUInt64},
    {SAMPLEFORMAT_INT, 8, at::kChar},      {SAMPLEFORMAT_INT, 16, at::kShort},
    {SAMPLEFORMAT_INT, 32, at::kInt},      {SAMPLEFORMAT_INT, 64, at::kLong},
    {SAMPLEFORMAT_IEEEFP, 32, at::kFloat}, {SAMPLEFORMAT_IEEEFP, 64, at::kDouble}};

at::ScalarType type_of(const PageFormat& format, const fs::path& file) {
  for (const SampleKind& known : kinds)
    if (known.kind == format.kind && known.bits == format.bits) return known.type;
  throw Error(file.string(), "has voxels of a kind that is not supported",
              "store whole numbers of 8, 16 or 32 bits, or floats");
}

[[noreturn]] void refuse_damaged(const fs::path& file, tdir_t page) {
  throw Error(file.string(),
              "cannot be read in full (page " + std::to_string(page + 1) + " is damaged)",
              "copy or export the file again");
}

/// No way of packing that TIFF knows gets more voxels than this from a byte of a file.
constexpr double most_per_byte = 4096;

void require_plausible(double bytes, const fs::path& file) {
  if (!(bytes <= most_per_byte * static_cast<double>(fs::file_size(file))))
    throw Error(file.string(), "is truncated: voxels are missing at its end",
                "copy or export the file again");
}

/// Where the description of a page ends, the link to the next page included.
/// @param place where it begins.
std::uint64_t end_of_description(const fs::path& file, std::uint64_t place) {
  std::ifstream stream(file, std::ios::binary);
  std::array<unsigned char, 8> bytes{};
  const auto read = [&](std::uint64_t from, std::size_t count) {
    stream.seekg(static_cast<std::streamoff>(from));
    stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(count));
  };
  read(0, 4);
  const bool little = bytes[0] == 'I';
  const bool big_tiff = bytes[little ? 2 : 3] == 43;
  const std::size_t width = big_tiff ? 8 : 2;
  read(place, width);
  std::uint64_t entries = 0;
  for (std::size_t i = 0; i < width; ++i)
    entries = entries << 8 | bytes[little ? width - 1 - i : i];
  return big_tiff ? place + 8 + entries * 20 + 8 : place + 2 + entries * 12 + 4;
}

/// libtiff takes a page whose link to the next one is cut off for the last page.
void require_whole_description(TIFF* tiff, const fs::path& file, tdir_t page) {
  if (end_of_description(file, TIFFCurrentDirOffset(tiff)) > fs::file_size(file))
    refuse_damaged(file, page);
}

/// Where the description of each page lies. A list that leads back to an earlier page is damaged,
/// as is one that ends before it says so.
std::vector<std::uint64_t> page_places(TIFF* tiff, const fs::path& file) {
  std::vector<std::uint64_t> places{TIFFCurrentDirOffset(tiff)};
  std::set<std::uint64_t> seen{places[0]};
  require_whole_description(tiff, file, 0);
  while (!TIFFLastDirectory(tiff)) {
    const auto page = static_cast<tdir_t>(places.size());
    if (!TIFFReadDirectory(tiff) || !seen.insert(TIFFCurrentDirOffset(tiff)).second)
      refuse_damaged(file, page);
    require_whole_description(tiff, file, page);
    places.push_back(TIFFCurrentDirOffset(tiff));
  }
  return places;
}

bool read_rows(TIFF* tiff, const PageFormat& format, std::uint8_t* target) {
  if (TIFFScanlineSize(tiff) != format.row_bytes()) return false;  // colours at a lower resolution
  for (std::int64_t plane = 0; plane < format.planes(); ++plane)
    for (std::uint32_t row = 0; row < format.height; ++row, target += format.row_bytes())
      if (TIFFReadScanline(tiff, target, row, static_cast<std::uint16_t>(plane)) < 0) return false;
  return true;
}

constexpr double largest_tile = 1 << 28;

/// Copies the part of a tile that lies within the page.
void copy_tile(const std::vector<std::uint8_t>& tile, const PageFormat& format,
               const std::array<std::uint32_t, 4>& place, std::uint8_t* page) {
  const auto [x, y, width, height] = place;
  const auto pixel = static_cast<std::int64_t>(format.samples_per_pixel() * (format.bits / 8));
  const std::int64_t columns = std::min(width, format.width - x);
  for (std::uint32_t row = 0; row < std::min(height, format.height - y); ++row)
    std::memcpy(page + (y + row) * format.row_bytes() + x * pixel, &tile[row * width * pixel],
                static_cast<std::size_t>(columns * pixel));
}

bool read_tiles(TIFF* tiff, const PageFormat& format, std::uint8_t* target) {
  if (static_cast<double>(TIFFTileSize(tiff)) > largest_tile) return false;
  const auto width = field<std::uint32_t>(tiff, TIFFTAG_TILEWIDTH, 0);
  const auto height = field<std::uint32_t>(tiff, TIFFTAG_TILELENGTH, 0);
  std::vector<std::uint8_t> tile(static_cast<std::size_t>(TIFFTileSize(tiff)));
  const std::size_t needed = std::size_t{width} * height *
                             static_cast<std::size_t>(format.samples_per_pixel() * format.bits / 8);
  if (width == 0 || height == 0 || tile.size() < needed) return false;
  for (std::int64_t plane = 0; plane < format.planes(); ++plane) {
    for (std::uint32_t y = 0; y < format.height; y += height)
      for (std::uint32_t x = 0; x < format.width; x += width) {
        if (TIFFReadTile(tiff, tile.data(), x, y, 0, static_cast<std::uint16_t>(plane)) < 0)
          return false;
        copy_tile(tile, format, {x, y, width, height}, target);
      }
    target += format.height * format.row_bytes();
  }
  return true;
}

std::vector<std::int64_t> shape_of(const PageFormat& format, std::int64_t pages) {
  std::vector<std::int64_t> shape;
  if (pages > 1) shape.push_back(pages);
  if (format.has_planes()) shape.push_back(format.planes());
  shape.insert(shape.end(), {format.height, format.width});
  if (format.samples_per_pixel() > 1) shape.push_back(format.samples_per_pixel());
  return shape;
}

/// The shape that tifffile writes as {"shape": [...]} into a file's description.
std::optional<std::vector<std::int64_t>> described_shape(TIFF* tiff) {
  const char* text = nullptr;
  if (!TIFFGetField(tiff, TIFFTAG_IMAGEDESCRIPTION, &text) || !text) return std::nullopt;
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("shape") || !json["shape"].is_array())
    return std::nullopt;
  std::vector<std::int64_t> shape;
  for (const Json& extent : json["shape"]) {
    const bool plausible = extent.is_number_unsigned() && extent.get<std::uint64_t>() < 1U << 31;
    shape.push_back(plausible ? extent.get<std::int64_t>() : 0);
  }
  return shape;
}

double product(const std::vector<std::int64_t>& shape) {
  double count = 1;
  for (const std::int64_t extent : shape) count *= static_cast<double>(extent);
  return count;
}

/// A page and what it has to be like.
struct Page {
  const PageFormat& format;
  tdir_t number = 0;
};

void read_page(TIFF* tiff, const Page& wanted, const fs::path& file, std::uint8_t* target) {
  const auto& [format, page] = wanted;
  if (format_of(tiff) != format)
    throw Error(file.string(),
                "page " + std::to_string(page + 1) + " has another size or kind than the first",
                "export a stack of equal pages");
  const bool complete =
      TIFFIsTiled(tiff) ? read_tiles(tiff, format, target) : read_rows(tiff, format, target);
  if (!complete) refuse_damaged(file, page);
}

}  // namespace

bool is_tiff(const fs::path& file) {
  std::string ending = file.extension().string();
  std::ranges::transform(ending, ending.begin(), [](unsigned char c) { return std::tolower(c); });
  return ending == ".tif" || ending == ".tiff";
}

TiffPages read_tiff(const fs::path& file) {
  TIFFSetErrorHandler(nullptr);  // what is wrong comes as return values
  TIFFSetWarningHandler(nullptr);
  const Tiff tiff(TIFFOpen(file.c_str(), "r"), &TIFFClose);
  if (!tiff)
    throw Error(file.string(), "its content is not what its name says or is damaged",
                "export the scan again");
  const PageFormat format = format_of(tiff.get());
  const auto described = described_shape(tiff.get());
  const at::ScalarType type = type_of(format, file);
  TiffPages result;
  const auto places = page_places(tiff.get(), file);
  result.pages = static_cast<std::int64_t>(places.size());
  result.has_samples = format.samples_per_pixel() > 1;
  const auto shape = shape_of(format, result.pages);
  require_plausible(product(shape) * static_cast<double>(at::elementSize(type)), file);
  result.values = at::empty(shape, type);
  if (result.values.numel() == 0) throw Error(file.string(), "the image has no voxels");
  const auto page_bytes = static_cast<std::int64_t>(result.values.nbytes()) / result.pages;
  auto* target = static_cast<std::uint8_t*>(result.values.data_ptr());
  for (tdir_t page = 0; page < places.size(); ++page, target += page_bytes) {
    if (!TIFFSetSubDirectory(tiff.get(), places[page])) refuse_damaged(file, page);
    read_page(tiff.get(), {format, page}, file, target);
  }
  if (described && product(*described) == static_cast<double>(result.values.numel()))
    result.values = result.values.view(*described);
  return result;
}

}  // namespace seg::data
