#include "image/meta_header.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <map>
#include <string>

#include "image/file_header.hpp"
#include "image/gzip_file.hpp"
#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;

/// MetaIO copies lines into arrays of this length.
constexpr std::size_t longest_line = 254;
constexpr double most_axes = 10;

/// The fields by name, which ElementDataFile ends.
struct MetaHeader {
  std::map<std::string, std::string> fields;
  std::uint64_t end = 0;

  std::string get(const std::string& name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? "" : found->second;
  }
  double number(const std::string& name, double otherwise) const {
    const auto numbers = numbers_in(get(name));
    return numbers.empty() ? otherwise : numbers[0];
  }
  bool is_true(const std::string& name) const {
    const std::string value = get(name);
    return value.starts_with('T') || value.starts_with('t') || value.starts_with('1');
  }
};

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r"), last = text.find_last_not_of(" \t\r");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

/// NAME = VALUE. What MetaIO would look for in the next line, or read twice, is refused.
void add_field(const std::string& line, MetaHeader& header, const fs::path& file) {
  if (line.size() > longest_line)
    refuse_header(file, "a line of more than " + std::to_string(longest_line) + " characters");
  const auto separator = line.find_first_of("=:");
  const std::string name = trimmed(line.substr(0, separator));
  if (separator == std::string::npos) refuse_header(file, "a line that is no NAME = VALUE");
  if (!header.fields.emplace(name, trimmed(line.substr(separator + 1))).second)
    refuse_header(file, name + " is there twice");
}

MetaHeader read_meta_header(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  MetaHeader header;
  std::string line;
  while (!header.fields.contains("ElementDataFile") && std::getline(stream, line))
    if (!trimmed(line).empty()) add_field(line, header, file);
  if (!header.fields.contains("ElementDataFile") || !header.fields.contains("NDims"))
    throw Error(file.string(), "its content is not what its name says or is damaged",
                "export the scan again");
  stream.clear();
  header.end = static_cast<std::uint64_t>(stream.tellg());
  return header;
}

void require_count(const MetaHeader& header, const std::string& name, double count,
                   const fs::path& file) {
  if (!header.fields.contains(name)) return;
  const auto numbers = numbers_in(header.get(name));
  if (static_cast<double>(numbers.size()) != count)
    refuse_header(file, name + " has " + std::to_string(numbers.size()) + " numbers");
  require_in_space(file, name, numbers);
}

void check_numbers(const MetaHeader& header, const fs::path& file) {
  const double axes = header.number("NDims", 0);
  if (!(axes >= 1 && axes <= most_axes) || axes != std::floor(axes))
    refuse_header(file, "NDims is " + header.get("NDims"));
  // Without them MetaIO prints a line of its own.
  for (const char* name : {"DimSize", "ElementType"})
    if (!header.fields.contains(name)) refuse_header(file, std::string("no ") + name);
  for (const char* name : {"DimSize", "ElementSpacing", "ElementSize", "Offset", "Position",
                           "Origin", "CenterOfRotation"})
    require_count(header, name, axes, file);
  for (const char* name : {"TransformMatrix", "Rotation", "Orientation"})
    require_count(header, name, axes * axes, file);
}

/// What ITK leaves out without a word.
void refuse_ignored_fields(const MetaHeader& header, const fs::path& file) {
  require_millimetres(file, "DistanceUnits", header.get("DistanceUnits"));
  for (const auto& [name, none] : {std::pair{"ElementToIntensityFunctionSlope", 1.0},
                                   {"ElementToIntensityFunctionOffset", 0.0}})
    if (header.number(name, none) != none)
      throw Error(file.string(), std::string("its ") + name + " is not applied by readers",
                  "store the values themselves and leave it out");
}

/// At least; MetaIO refuses types that it does not know.
double bytes_of_meta_type(const std::string& type) {
  constexpr std::array<std::pair<const char*, double>, 6> sizes{
      {{"CHAR", 1}, {"SHORT", 2}, {"LONG_LONG", 8}, {"DOUBLE", 8}, {"INT", 4}, {"FLOAT", 4}}};
  for (const auto& [part, bytes] : sizes)
    if (type.find(part) != std::string::npos) return bytes;
  return 1;
}

double voxel_bytes(const MetaHeader& header, const fs::path& file) {
  const double channels = header.number("ElementNumberOfChannels", 1);
  if (!(channels >= 1))
    refuse_header(file, "ElementNumberOfChannels is " + header.get("ElementNumberOfChannels"));
  double bytes = bytes_of_meta_type(header.get("ElementType")) * channels;
  for (const double extent : numbers_in(header.get("DimSize"))) {
    if (!(extent >= 0 && extent < 2147483648.0)) refuse_header(file, "DimSize is no size");
    bytes *= extent;
  }
  return bytes;
}

/// Where the voxels are, as they are stored.
struct VoxelPlace {
  fs::path file;
  std::uint64_t start = 0;
  double stored = 0;  ///< bytes from there to the end
};

VoxelPlace voxel_place(const MetaHeader& header, const fs::path& file) {
  const std::string name = header.get("ElementDataFile");
  const bool local = name == "LOCAL" || name == "Local" || name == "local";
  VoxelPlace place{local ? file : file_beside(file, name), local ? header.end : 0};
  const double skipped = header.number("HeaderSize", 0);
  if (!(skipped >= 0) && skipped != -1)  // -1: the voxels end the file
    refuse_header(file, "HeaderSize is " + header.get("HeaderSize"));
  if (skipped > 0) place.start = static_cast<std::uint64_t>(std::min(skipped, 1e15));
  place.stored = static_cast<double>(fs::file_size(place.file)) - static_cast<double>(place.start);
  return place;
}

void check_length(const MetaHeader& header, const fs::path& file) {
  const VoxelPlace place = voxel_place(header, file);
  const double bytes = voxel_bytes(header, file);
  if (header.is_true("CompressedData")) {
    const double packed = header.number("CompressedDataSize", place.stored);
    if (!(packed >= 0))
      refuse_header(file, "CompressedDataSize is " + header.get("CompressedDataSize"));
    require_bytes(file, {packed, place.stored});
    require_bytes(file, {bytes, packed * most_per_packed_byte});
  } else {
    const bool text = header.fields.contains("BinaryData") && !header.is_true("BinaryData");
    require_bytes(file, {text ? bytes / 8 : bytes, place.stored});
  }
}

bool has_big_end_first(const MetaHeader& header) {
  return header.is_true("BinaryDataByteOrderMSB") || header.is_true("ElementByteOrderMSB");
}

void swap_bytes(at::Tensor& values) {
  const auto size = static_cast<std::int64_t>(values.element_size());
  const at::Tensor bytes = values.flatten().view(at::kByte).view({-1, size});
  bytes.copy_(bytes.flip(1));
}

}  // namespace

void check_meta_header(const fs::path& file) {
  const MetaHeader header = read_meta_header(file);
  check_numbers(header, file);
  check_length(header, file);
  refuse_ignored_fields(header, file);
}

bool meta_tells_spacing(const fs::path& file) {
  const MetaHeader header = read_meta_header(file);
  return header.fields.contains("ElementSpacing") || header.fields.contains("ElementSize");
}

bool read_packed_meta_voxels(const fs::path& file, at::Tensor& voxels) {
  const MetaHeader header = read_meta_header(file);
  if (!header.is_true("CompressedData")) return false;
  const VoxelPlace place = voxel_place(header, file);
  const double packed = header.number("CompressedDataSize", place.stored);
  const PackedPart part{place.file, place.start,
                        static_cast<std::uint64_t>(packed > 0 ? packed : place.stored)};
  if (!unpack_part(part, voxels))
    throw Error(file.string(), "its voxels are damaged: they cannot be unpacked",
                "copy or export the file again");
  if (has_big_end_first(header) && voxels.element_size() > 1) swap_bytes(voxels);
  return true;
}

}  // namespace seg::data
