#include "image/gzip_file.hpp"
#include "image/image_format.hpp"

#include <itk_zlib.h>
#include <libdeflate.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <new>
#include <vector>

#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;

/// In one go, more than twice as fast as a stream. False also for what is no gzip file, has several
/// parts, or holds more than `content` takes.
bool unpack_at_once(const fs::path& file, at::Tensor& content) {
  const auto size = static_cast<std::int64_t>(fs::file_size(file));
  const at::Tensor packed = at::from_file(file.string(), /*shared=*/false, size, at::kByte);
  const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)> tool(
      libdeflate_alloc_decompressor(), &libdeflate_free_decompressor);
  std::size_t unpacked = 0;
  return tool &&
         libdeflate_gzip_decompress(tool.get(), packed.const_data_ptr(), packed.nbytes(),
                                    content.data_ptr(), content.nbytes(),
                                    &unpacked) == LIBDEFLATE_SUCCESS &&
         unpacked == content.nbytes();
}

/// Plain and compressed files alike.
bool read_stream(const fs::path& file, at::Tensor& content) {
  constexpr std::int64_t most_at_once = 1 << 30;
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> stream(gzopen(file.c_str(), "rb"), &gzclose);
  if (!stream) return false;
  auto* next = content.data_ptr<std::uint8_t>();
  for (std::int64_t left = content.numel(); left > 0;) {
    const int got = gzread(stream.get(), next, static_cast<unsigned>(std::min(left, most_at_once)));
    if (got <= 0) return false;
    next += got;
    left -= got;
  }
  return true;
}

}  // namespace

at::Tensor packed_with_gzip(const at::Tensor& content) {
  constexpr int level = 6;
  const std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> tool(
      libdeflate_alloc_compressor(level), &libdeflate_free_compressor);
  if (!tool) throw std::bad_alloc();
  const at::Tensor packed = at::empty(
      {static_cast<std::int64_t>(libdeflate_gzip_compress_bound(tool.get(), content.nbytes()))},
      at::kByte);
  const std::size_t size =
      libdeflate_gzip_compress(tool.get(), content.const_data_ptr(), content.nbytes(),
                               packed.mutable_data_ptr(), packed.nbytes());
  return packed.narrow(0, 0, static_cast<std::int64_t>(size));
}

void write_packed(const fs::path& file, const at::Tensor& content) {
  const bool packs = known_ending(file).ends_with(".gz");
  const at::Tensor packed = packs ? packed_with_gzip(content) : content;
  std::ofstream stream(file, std::ios::binary);
  stream.write(static_cast<const char*>(packed.const_data_ptr()),
               static_cast<std::streamsize>(packed.nbytes()));
  if (!stream.flush()) throw Error(file.string(), "cannot be written", "check the free space");
}

bool unpack_part(const PackedPart& part, at::Tensor& content) {
  std::vector<char> packed(part.size);
  std::ifstream stream(part.file, std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(part.start));
  const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)> tool(
      libdeflate_alloc_decompressor(), &libdeflate_free_decompressor);
  if (!stream.read(packed.data(), static_cast<std::streamsize>(packed.size())) || !tool)
    return false;
  const bool gzip = packed.size() > 1 && packed[0] == '\x1f' && packed[1] == '\x8b';
  const auto unpack = gzip ? libdeflate_gzip_decompress : libdeflate_zlib_decompress;
  std::size_t unpacked = 0;
  return unpack(tool.get(), packed.data(), packed.size(), content.data_ptr(), content.nbytes(),
                &unpacked) == LIBDEFLATE_SUCCESS &&
         unpacked == content.nbytes();
}

bool read_unpacked(const fs::path& file, at::Tensor& content) {
  return unpack_at_once(file, content) || read_stream(file, content);
}

}  // namespace seg::data
