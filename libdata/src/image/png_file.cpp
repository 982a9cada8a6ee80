#include "image/png_file.hpp"

#include <png.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <string>
#include <vector>

#include "image/file_header.hpp"
#include "seg/data/image.hpp"
#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t signature_size = 8;

extern "C" {
void keep_problem(png_structp png, png_const_charp problem) {
  auto* const text = static_cast<std::string*>(png_get_error_ptr(png));
  text->assign(problem, std::min(std::strlen(problem), text->capacity()));
  png_longjmp(png, 1);
}

void ignore_warning(png_structp, png_const_charp) {}
}

/// A file that libpng reads. What goes wrong in libpng jumps back, which must pass no destructor:
/// functions that set a mark for it have no local objects.
class PngFile {
 public:
  explicit PngFile(const fs::path& file) : stream_(std::fopen(file.c_str(), "rb")) {
    problem_.reserve(200);
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &problem_, keep_problem, ignore_warning);
    if (png_) info_ = png_create_info_struct(png_);
    if (!info_) throw std::bad_alloc();
  }
  ~PngFile() {
    png_destroy_read_struct(&png_, &info_, nullptr);
    if (stream_) std::fclose(stream_);
  }
  PngFile(const PngFile&) = delete;
  PngFile& operator=(const PngFile&) = delete;

  bool has_signature() {
    std::array<png_byte, signature_size> start{};
    return stream_ && std::fread(start.data(), 1, start.size(), stream_) == start.size() &&
           png_sig_cmp(start.data(), 0, start.size()) == 0;
  }

  bool read_header() {
    if (setjmp(png_jmpbuf(png_))) return false;
    png_init_io(png_, stream_);
    png_set_sig_bytes(png_, signature_size);
    png_read_info(png_, info_);
    set_transformations();
    png_read_update_info(png_, info_);
    return true;
  }

  bool read_rows(png_bytepp rows) {
    if (setjmp(png_jmpbuf(png_))) return false;
    png_read_image(png_, rows);
    png_read_end(png_, nullptr);
    return true;
  }

  std::int64_t width() const { return png_get_image_width(png_, info_); }
  std::int64_t height() const { return png_get_image_height(png_, info_); }
  std::int64_t samples() const { return png_get_channels(png_, info_); }
  bool has_16_bits() const { return png_get_bit_depth(png_, info_) == 16; }
  const std::string& problem() const { return problem_; }

 private:
  void set_transformations() {
    const int color = png_get_color_type(png_, info_), bits = png_get_bit_depth(png_, info_);
    if (color == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png_);
    if (color == PNG_COLOR_TYPE_GRAY && bits == 1) png_set_packing(png_);
    if (color == PNG_COLOR_TYPE_GRAY && (bits == 2 || bits == 4))
      png_set_expand_gray_1_2_4_to_8(png_);
    if (png_get_valid(png_, info_, PNG_INFO_tRNS)) png_set_tRNS_to_alpha(png_);
    if (bits == 16 && std::endian::native == std::endian::little) png_set_swap(png_);
    png_set_interlace_handling(png_);
  }

  std::FILE* stream_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::string problem_;
};

[[noreturn]] void refuse(const fs::path& file, const PngFile& png) {
  throw Error(file.string(), "cannot be read (PNG: " + png.problem() + ")",
              "copy or export the file again");
}

}  // namespace

bool is_png(const fs::path& file) {
  std::string ending = image_ending(file);
  std::ranges::transform(ending, ending.begin(), [](unsigned char c) { return std::tolower(c); });
  return ending == ".png";
}

at::Tensor read_png(const fs::path& file) {
  PngFile png(file);
  if (!png.has_signature())
    throw Error(file.string(), "its content is not what its name says or is damaged",
                "export the scan again");
  if (!png.read_header()) refuse(file, png);
  const auto row = static_cast<double>(png.width() * png.samples() * (png.has_16_bits() ? 2 : 1));
  // A palette turns an eighth of a byte into four.
  require_bytes(file, {row * static_cast<double>(png.height()),
                       32 * most_per_packed_byte * static_cast<double>(fs::file_size(file))});
  const at::Tensor voxels = at::empty({png.height(), png.width(), png.samples()},
                                      png.has_16_bits() ? at::kUInt16 : at::kByte);
  std::vector<png_bytep> rows;
  for (std::int64_t y = 0; y < png.height(); ++y)
    rows.push_back(static_cast<png_bytep>(voxels.data_ptr()) +
                   static_cast<std::size_t>(y * static_cast<std::int64_t>(row)));
  if (!png.read_rows(rows.data())) refuse(file, png);
  return voxels;
}

}  // namespace seg::data
