#include "seg/data/npy.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string_view>

#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"

namespace seg::data {
namespace fs = std::filesystem;
namespace {

constexpr char magic[] = "\x93NUMPY";
constexpr std::size_t magic_size = sizeof(magic) - 1;
constexpr std::size_t alignment = 64;
constexpr std::uint32_t longest_header = 10000;  // as NumPy has it
constexpr char not_plain[] = "has a header that is no plain array";

struct Kind {
  const char* name;
  at::ScalarType type;
};
constexpr std::array<Kind, 9> kinds{{{"|b1", at::kBool},
                                     {"|i1", at::kChar},
                                     {"|u1", at::kByte},
                                     {"<i2", at::kShort},
                                     {"<i4", at::kInt},
                                     {"<i8", at::kLong},
                                     {"<f2", at::kHalf},
                                     {"<f4", at::kFloat},
                                     {"<f8", at::kDouble}}};

/// What stands in front of the data.
struct Header {
  at::ScalarType type = at::kFloat;
  bool fortran_order = false;
  std::vector<std::int64_t> shape;
  std::int64_t offset = 0, bytes = 0;  ///< where the data starts and how much there is
};

[[noreturn]] void refuse(const fs::path& file, const std::string& problem) {
  throw Error(file.string(), problem, "make the file again");
}

std::string shape_text(at::IntArrayRef shape) {
  std::ostringstream text;
  text << '(';
  for (const std::int64_t extent : shape) text << extent << ", ";
  text << ')';
  return text.str();
}

std::string header_text(const at::Tensor& array) {
  const auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const Kind& candidate) {
    return candidate.type == array.scalar_type();
  });
  if (kind == kinds.end()) throw std::logic_error("write_npy: unsupported dtype");
  std::string text = std::string("{'descr': '") + kind->name +
                     "', 'fortran_order': False, 'shape': " + shape_text(array.sizes()) + ", }";
  const std::size_t unpadded = magic_size + 4 + text.size() + 1;
  text.append((alignment - unpadded % alignment) % alignment, ' ');
  return text + '\n';
}

bool write_array(std::ofstream stream, const at::Tensor& array) {
  const std::string header = header_text(array);
  const auto size = static_cast<std::uint16_t>(header.size());
  stream.write(magic, magic_size).write("\x01\x00", 2);
  stream.write(reinterpret_cast<const char*>(&size), sizeof size) << header;
  stream.write(static_cast<const char*>(array.const_data_ptr()),
               static_cast<std::streamsize>(array.nbytes()));
  return static_cast<bool>(stream.flush());
}

/// The part of the header that is text, and where it ends.
std::string read_header_text(const fs::path& file, std::int64_t& end) {
  std::error_code code;
  if (fs::exists(file, code) && !fs::is_regular_file(file, code))
    throw Error(file.string(), "is not a file");
  std::ifstream stream(file, std::ios::binary);
  if (!stream)
    throw Error(ErrorKind::not_found,
                {file.string(), "cannot open the file", "check that it exists"});
  std::array<char, magic_size + 2> start{};
  stream.read(start.data(), start.size());
  if (!stream || std::memcmp(start.data(), magic, magic_size) != 0)
    refuse(file, "is not a NumPy .npy file");
  std::uint32_t size = 0;
  stream.read(reinterpret_cast<char*>(&size), start[magic_size] == 1 ? 2 : 4);
  end = static_cast<std::int64_t>(stream.tellg()) + size;
  if (!stream || end > static_cast<std::int64_t>(fs::file_size(file)))
    refuse(file, "is truncated inside its header");
  if (size > longest_header) refuse(file, not_plain);
  std::string text(size, ' ');
  stream.read(text.data(), size);
  return text;
}

/// What follows "'KEY':" in a header such as {'descr': '<f4', 'fortran_order': False, 'shape': (2,
/// 3), }.
std::string_view value_of(const fs::path& file, std::string_view header, const std::string& key) {
  const auto place = header.find("'" + key + "':");
  if (place == std::string_view::npos) refuse(file, not_plain);
  const std::string_view value = header.substr(place + key.size() + 3);
  return value.substr(std::min(value.find_first_not_of(' '), value.size()));
}

/// What lies between two characters at the start of a value.
std::string_view enclosed(const fs::path& file, std::string_view value, std::string_view ends) {
  const auto end = value.find(ends[1], 1);
  if (!value.starts_with(ends[0]) || end == std::string_view::npos) refuse(file, not_plain);
  return value.substr(1, end - 1);
}

bool parse_order(const fs::path& file, std::string_view value) {
  if (!value.starts_with("True") && !value.starts_with("False")) refuse(file, not_plain);
  return value.starts_with("True");
}

std::vector<std::int64_t> parse_shape(const fs::path& file, std::string_view list) {
  std::vector<std::int64_t> shape;
  while (true) {
    list.remove_prefix(std::min(list.find_first_not_of(", L"), list.size()));  // Python 2: 3L
    if (list.empty()) return shape;
    std::int64_t extent = 0;
    const auto [end, code] = std::from_chars(list.data(), list.data() + list.size(), extent);
    if (code == std::errc::invalid_argument || extent < 0) refuse(file, not_plain);
    if (code != std::errc()) refuse(file, "claims a shape that is beyond all memory");
    shape.push_back(extent);
    list.remove_prefix(static_cast<std::size_t>(end - list.data()));
  }
}

std::int64_t bytes_of(const fs::path& file, const Header& header) {
  auto bytes = static_cast<std::int64_t>(at::elementSize(header.type));
  for (const std::int64_t extent : header.shape)
    if (__builtin_mul_overflow(bytes, extent, &bytes))
      refuse(file, "claims a shape that is beyond all memory");
  return bytes;
}

at::ScalarType parse_type(const fs::path& file, std::string_view name) {
  for (const Kind& kind : kinds)
    if (name == kind.name) return kind.type;
  constexpr std::size_t longest_name = 20;
  refuse(file, "holds values of the unsupported type '" +
                   std::string(name.substr(0, longest_name)) + "'");
}

Header read_header(const fs::path& file) {
  Header header;
  const std::string text = read_header_text(file, header.offset);
  header.type = parse_type(file, enclosed(file, value_of(file, text, "descr"), "''"));
  header.fortran_order = parse_order(file, value_of(file, text, "fortran_order"));
  header.shape = parse_shape(file, enclosed(file, value_of(file, text, "shape"), "()"));
  header.bytes = bytes_of(file, header);
  return header;
}

at::Tensor shaped(const at::Tensor& values, const Header& header) {
  if (!header.fortran_order) return values.view(header.shape);
  const std::vector<std::int64_t> reversed(header.shape.rbegin(), header.shape.rend());
  std::vector<std::int64_t> axes(reversed.size());
  for (std::size_t axis = 0; axis < axes.size(); ++axis)
    axes[axis] = static_cast<std::int64_t>(axes.size() - 1 - axis);
  return values.view(reversed).permute(axes);
}

}  // namespace

void write_npy(const fs::path& file, const at::Tensor& array) {
  const at::Tensor values = array.cpu().contiguous();
  write_atomically(file, [&](const fs::path& temporary) {
    if (!write_array(std::ofstream(temporary, std::ios::binary), values)) throw cannot_write(file);
  });
}

at::Tensor map_npy(const fs::path& file) {
  const Header header = read_header(file);
  const auto size = static_cast<std::int64_t>(fs::file_size(file));
  if (size - header.offset < header.bytes)
    refuse(file, "is truncated: it has " + std::to_string(size - header.offset) + " of " +
                     std::to_string(header.bytes) + " bytes of data");
  at::Tensor bytes = at::from_file(file.string(), /*shared=*/false, size, at::kByte)
                         .narrow(0, header.offset, header.bytes);
  // Old writers aligned less; such data is copied, as a view would be misaligned.
  if (header.offset % static_cast<std::int64_t>(at::elementSize(header.type)) != 0)
    bytes = bytes.clone();
  return shaped(bytes.view(header.type), header);
}

MappedFile mapped_file(const fs::path& file) { return {file, fs::file_size(file)}; }

void require_whole(const MappedFile& mapped) {
  std::error_code not_there;
  const std::uintmax_t size = fs::file_size(mapped.file, not_there);
  if (!not_there && size < mapped.size)
    refuse(mapped.file, "was cut short while it was in use: it has " + std::to_string(size) +
                            " of " + std::to_string(mapped.size) + " bytes");
}

void read_ahead(const at::Tensor& mapped) {
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto start = reinterpret_cast<std::uintptr_t>(mapped.const_data_ptr());
  const std::uintptr_t first = start / page * page;  // advice is taken for whole pages
  posix_madvise(reinterpret_cast<void*>(first), start - first + mapped.nbytes(),
                POSIX_MADV_WILLNEED);
}

}  // namespace seg::data
