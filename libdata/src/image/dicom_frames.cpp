#include "image/dicom_frames.hpp"

#include <bit>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "image/file_header.hpp"
#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view rle = "1.2.840.10008.1.2.5", jpegs = "1.2.840.10008.1.2.4.",
                           films = "1.2.840.10008.1.2.4.10";  // MPEG
constexpr std::size_t rle_header = 64;

/// How a frame must come out.
struct FrameSize {
  std::size_t pixels = 0, bytes_per_pixel = 0;
};

std::string bytes_of_fragment(const fs::path& file, const DicomFragment& fragment) {
  std::ifstream stream(file, std::ios::binary);
  std::string bytes(fragment.size, '\0');
  stream.seekg(static_cast<std::streamoff>(fragment.start));
  if (!stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size())))
    throw Error(file.string(), "cannot be read");
  return bytes;
}

/// A frame of several is one fragment; one frame alone may lie in many.
std::vector<std::string> frames_of(const fs::path& file, const DicomPixels& pixels, int count) {
  std::vector<std::string> frames;
  for (const DicomFragment& fragment : pixels.fragments)
    frames.push_back(bytes_of_fragment(file, fragment));
  if (frames.size() == static_cast<std::size_t>(count)) return frames;
  std::string joined;
  for (const std::string& one : frames) joined += one;
  return {joined};
}

std::size_t rle_number(const std::string& frame, std::size_t index) {
  return number_at<std::uint32_t>(frame, 4 * index, std::endian::little);
}

/// Whether the runs give so many bytes; padding may follow.
bool gives(std::string_view runs, std::size_t expected) {
  std::size_t place = 0, count = 0;
  while (count < expected) {
    if (place == runs.size()) return false;
    const int code = static_cast<std::int8_t>(runs[place++]);
    if (code == -128) continue;
    const auto length = static_cast<std::size_t>(code < 0 ? 1 - code : code + 1);
    const std::size_t stored = code < 0 ? 1 : length;
    if (runs.size() - place < stored) return false;
    place += stored;
    count += length;
  }
  return count == expected;
}

/// A header, then one segment for each byte of a pixel, in order.
bool is_whole_rle(const std::string& frame, const FrameSize& size) {
  if (frame.size() < rle_header || rle_number(frame, 0) != size.bytes_per_pixel) return false;
  if (rle_number(frame, 1) != rle_header) return false;
  for (std::size_t segment = 1; segment <= size.bytes_per_pixel; ++segment) {
    const bool is_last = segment == size.bytes_per_pixel;
    const std::size_t start = rle_number(frame, segment),
                      end = is_last ? frame.size() : rle_number(frame, segment + 1);
    if (end < start || end > frame.size()) return false;
    if (!gives(std::string_view(frame).substr(start, end - start), size.pixels)) return false;
  }
  return true;
}

/// Every JPEG ends with a mark. Zeros may follow, or any one byte that makes its length even.
bool is_whole_jpeg(std::string_view frame) {
  const auto end = frame.rfind("\xFF\xD9");
  if (end == std::string_view::npos) return false;
  const std::string_view rest = frame.substr(end + 2);
  return rest.size() <= 1 || rest.find_first_not_of('\0') == std::string_view::npos;
}

}  // namespace

void check_dicom_frames(const OpenedDicomFile& opened) {
  const auto& [file, content, pixels] = opened;
  const std::string& syntax = content.transfer_syntax;
  const bool is_rle = syntax == rle;
  if (!is_rle && (!syntax.starts_with(jpegs) || syntax.starts_with(films))) return;
  const FrameSize size{
      static_cast<std::size_t>(content.rows) * static_cast<std::size_t>(content.columns),
      static_cast<std::size_t>(content.bits_allocated) / 8};
  const auto frames = frames_of(file, pixels, content.frames);
  if (is_rle && frames.size() != static_cast<std::size_t>(content.frames))
    refuse_header(file, "its pixels are compressed in more or fewer pieces than it has frames");
  for (const std::string& frame : frames) {
    if (is_rle && !is_whole_rle(frame, size))
      refuse_header(file, "its RLE segments do not give the pixels that its header says");
    if (!is_rle && !is_whole_jpeg(frame))
      throw Error(file.string(), "is truncated: its JPEG ends without its end mark",
                  "copy or export the file again");
  }
}

}  // namespace seg::data
