#include "seg/data/npy.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <regex>
#include <sstream>

#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"

namespace seg::data {
namespace fs = std::filesystem;
namespace {

constexpr char magic[] = "\x93NUMPY";
constexpr std::size_t magic_size = sizeof(magic) - 1;
constexpr std::size_t alignment = 64;

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
  std::string text(size, ' ');
  stream.read(text.data(), size);
  return text;
}

std::string field(const fs::path& file, const std::string& text, const std::string& pattern) {
  std::smatch match;
  if (!std::regex_search(text, match, std::regex(pattern)))
    refuse(file, "has a header that is no plain array");
  return match[1];
}

std::vector<std::int64_t> parse_shape(const std::string& text) {
  std::vector<std::int64_t> shape;
  const std::regex number("\\d+");
  for (std::sregex_iterator it(text.begin(), text.end(), number), end; it != end; ++it)
    shape.push_back(std::stoll(it->str()));
  return shape;
}

at::ScalarType parse_type(const fs::path& file, const std::string& name) {
  for (const Kind& kind : kinds)
    if (name == kind.name) return kind.type;
  refuse(file, "holds values of the unsupported type '" + name + "'");
}

Header read_header(const fs::path& file) {
  Header header;
  const std::string text = read_header_text(file, header.offset);
  header.type = parse_type(file, field(file, text, "'descr': *'([^']*)'"));
  header.fortran_order = field(file, text, "'fortran_order': *(True|False)") == "True";
  header.shape = parse_shape(field(file, text, "'shape': *\\(([^)]*)\\)"));
  header.bytes = c10::multiply_integers(header.shape) *
                 static_cast<std::int64_t>(at::elementSize(header.type));
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

void read_ahead(const at::Tensor& mapped) {
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto start = reinterpret_cast<std::uintptr_t>(mapped.const_data_ptr());
  const std::uintptr_t first = start / page * page;  // advice is taken for whole pages
  posix_madvise(reinterpret_cast<void*>(first), start - first + mapped.nbytes(),
                POSIX_MADV_WILLNEED);
}

}  // namespace seg::data
