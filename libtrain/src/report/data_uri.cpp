#include "report/data_uri.hpp"

#include <nettle/base64.h>
#include <png.h>

#include <stdexcept>
#include <vector>

namespace seg::train {
namespace {

std::string base64(const std::uint8_t* bytes, std::size_t size) {
  std::string text(BASE64_ENCODE_RAW_LENGTH(size), '=');
  base64_encode_raw(text.data(), size, bytes);
  return text;
}

std::vector<std::uint8_t> png_of(const at::Tensor& rgb) {
  const at::Tensor pixels = rgb.contiguous();
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.height = static_cast<png_uint_32>(pixels.size(0));
  image.width = static_cast<png_uint_32>(pixels.size(1));
  image.format = PNG_FORMAT_RGB;
  std::vector<std::uint8_t> bytes(PNG_IMAGE_PNG_SIZE_MAX(image));
  png_alloc_size_t size = bytes.size();
  if (!png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels.data_ptr(), 0, nullptr))
    throw std::logic_error(std::string("libpng: ") + image.message);
  bytes.resize(size);
  return bytes;
}

}  // namespace

std::string base64(const at::Tensor& bytes) {
  const at::Tensor values = bytes.contiguous();
  return base64(values.const_data_ptr<std::uint8_t>(), values.nbytes());
}

std::string data_uri(const at::Tensor& rgb) {
  const auto png = png_of(rgb);
  return "data:image/png;base64," + base64(png.data(), png.size());
}

}  // namespace seg::train
