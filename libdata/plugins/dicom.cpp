#include <gdcmImageReader.h>
#include <gdcmMediaStorage.h>
#include <gdcmTrace.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <optional>

#include "image/dicom_file.hpp"

namespace {

using gdcm::DataSet;
using gdcm::Tag;
using seg::data::DicomFile;
using seg::data::DicomFrame;

/// The bytes of an element; "" where it is not there.
std::string bytes_of(const DataSet& data, const Tag& tag) {
  const gdcm::ByteValue* value =
      data.FindDataElement(tag) ? data.GetDataElement(tag).GetByteValue() : nullptr;
  return value ? std::string(value->GetPointer(), value->GetLength()) : "";
}

std::string text_of(const DataSet& data, const Tag& tag) {
  std::string text = bytes_of(data, tag);
  text.erase(text.find_last_not_of(std::string(" \0", 2)) + 1);
  text.erase(0, text.find_first_not_of(' '));
  return text;
}

/// NaN for what is no number.
double number_in(std::string text) {
  text.erase(0, text.find_first_not_of(" +"));
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole =
      std::string(end, text.data() + text.size() - end).find_first_not_of(' ') == std::string::npos;
  return error == std::errc() && whole ? number : std::numeric_limits<double>::quiet_NaN();
}

/// A list "1.5\2\3".
std::vector<double> numbers_of(const DataSet& data, const Tag& tag) {
  std::vector<double> numbers;
  const std::string text = text_of(data, tag);
  for (std::size_t start = 0, end; start < text.size(); start = end + 1) {
    end = std::min(text.find('\\', start), text.size());
    numbers.push_back(number_in(text.substr(start, end - start)));
  }
  return numbers;
}

double number_of(const DataSet& data, const Tag& tag, double otherwise) {
  const auto numbers = numbers_of(data, tag);
  return numbers.empty() ? otherwise : numbers[0];
}

/// GDCM has brought the bytes into the machine's order.
int short_of(const DataSet& data, const Tag& tag, int otherwise) {
  const std::string bytes = bytes_of(data, tag);
  std::uint16_t number = 0;
  if (bytes.size() < sizeof number) return otherwise;
  std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

using Items = gdcm::SmartPointer<gdcm::SequenceOfItems>;

Items items_of(const DataSet& data, const Tag& tag) {
  return data.FindDataElement(tag) ? data.GetDataElement(tag).GetValueAsSQ() : Items();
}

std::size_t count(const Items& items) { return items ? items->GetNumberOfItems() : 0; }

void take_list(std::vector<double>& list, const DataSet& data, const Tag& tag) {
  if (auto numbers = numbers_of(data, tag); !numbers.empty()) list = std::move(numbers);
}

void take(DicomFrame& frame, const DataSet& data) {
  take_list(frame.position, data, Tag(0x0020, 0x0032));
  take_list(frame.orientation, data, Tag(0x0020, 0x0037));
  take_list(frame.pixel_spacing, data, Tag(0x0028, 0x0030));
  frame.intercept = number_of(data, Tag(0x0028, 0x1052), frame.intercept);
  frame.slope = number_of(data, Tag(0x0028, 0x1053), frame.slope);
}

/// Functional groups (PS3.3, C.7.6.16): plane position, plane orientation, pixel measures and pixel
/// value transformation hold the same elements as the data set of a single slice.
void take_groups(DicomFrame& frame, const DataSet& groups) {
  for (const Tag& group :
       {Tag(0x0020, 0x9113), Tag(0x0020, 0x9116), Tag(0x0028, 0x9110), Tag(0x0028, 0x9145)})
    if (const Items items = items_of(groups, group); count(items) > 0)
      take(frame, items->GetItem(1).GetNestedDataSet());
}

std::vector<DicomFrame> placed_frames(const DataSet& data, int frames) {
  DicomFrame of_all;
  take(of_all, data);
  if (const Items shared = items_of(data, Tag(0x5200, 0x9229)); count(shared) > 0)
    take_groups(of_all, shared->GetItem(1).GetNestedDataSet());
  const Items each = items_of(data, Tag(0x5200, 0x9230));
  if (count(each) == 0 || count(each) != static_cast<std::size_t>(frames)) return {of_all};
  std::vector<DicomFrame> placed;
  for (std::size_t i = 1; i <= count(each); ++i) {
    placed.push_back(of_all);
    take_groups(placed.back(), each->GetItem(i).GetNestedDataSet());
  }
  return placed;
}

const char* read_content(const char* file, DicomFile& content) {
  gdcm::Reader reader;
  reader.SetFileName(file);
  if (!reader.ReadUpToTag(Tag(0x7FE0, 0x0010))) return "GDCM does not understand its header";
  const DataSet& data = reader.GetFile().GetDataSet();
  content.transfer_syntax = reader.GetFile().GetHeader().GetDataSetTransferSyntax().GetString();
  content.series = text_of(data, Tag(0x0020, 0x000E));
  content.instance = text_of(data, Tag(0x0008, 0x0018));
  content.is_secondary_capture =
      text_of(data, Tag(0x0008, 0x0016)).starts_with("1.2.840.10008.5.1.4.1.1.7");
  content.modality = text_of(data, Tag(0x0008, 0x0060));
  content.series_number = text_of(data, Tag(0x0020, 0x0011));
  content.photometric = text_of(data, Tag(0x0028, 0x0004));
  content.rows = short_of(data, Tag(0x0028, 0x0010), 0);
  content.columns = short_of(data, Tag(0x0028, 0x0011), 0);
  content.samples = short_of(data, Tag(0x0028, 0x0002), 1);
  content.bits_allocated = short_of(data, Tag(0x0028, 0x0100), 0);
  content.bits_stored = short_of(data, Tag(0x0028, 0x0101), content.bits_allocated);
  content.high_bit = short_of(data, Tag(0x0028, 0x0102), content.bits_stored - 1);
  const double frames = number_of(data, Tag(0x0028, 0x0008), 1);
  content.frames = frames >= 1 && frames < 1e6 ? static_cast<int>(frames) : 0;
  gdcm::MediaStorage storage;
  storage.SetFromFile(reader.GetFile());
  content.is_image = gdcm::MediaStorage::IsImage(storage);
  const std::string image_type = text_of(data, Tag(0x0008, 0x0008));
  content.is_localizer = image_type.find("LOCALIZER") != std::string::npos;
  content.is_mosaic = image_type.find("MOSAIC") != std::string::npos;
  content.has_lookup_table = data.FindDataElement(Tag(0x0028, 0x3000));
  content.slice_spacing =
      number_of(data, Tag(0x0018, 0x0088), number_of(data, Tag(0x0018, 0x0050), 0));
  content.placed = placed_frames(data, content.frames);
  return nullptr;
}

/// What is stored, with the bits that it does not use cleared or filled up with its sign.
template <class Stored>
void rescale(const char* bytes, int unused_bits, const DicomFile& content, float* voxels) {
  using Unsigned = std::make_unsigned_t<Stored>;
  const auto size =
      static_cast<std::size_t>(content.rows) * static_cast<std::size_t>(content.columns);
  for (std::size_t frame = 0; frame < static_cast<std::size_t>(content.frames); ++frame) {
    const DicomFrame& placed = content.placed[content.placed.size() == 1 ? 0 : frame];
    for (std::size_t i = frame * size; i < (frame + 1) * size; ++i) {
      Unsigned raw;
      std::memcpy(&raw, bytes + i * sizeof raw, sizeof raw);
      const auto stored = static_cast<Stored>(
          static_cast<Stored>(static_cast<Unsigned>(raw << unused_bits)) >> unused_bits);
      voxels[i] = static_cast<float>(static_cast<double>(stored) * placed.slope + placed.intercept);
    }
  }
}

const char* read_voxels(const char* file, const DicomFile& content, float* voxels) {
  static thread_local std::string problem;
  gdcm::ImageReader reader;
  reader.SetFileName(file);
  problem = "GDCM does not decode its pixels, transfer syntax " + content.transfer_syntax;
  if (!reader.Read()) return problem.c_str();
  const gdcm::Image& image = reader.GetImage();
  const gdcm::PixelFormat format = image.GetPixelFormat();
  const std::size_t expected =
      static_cast<std::size_t>(content.rows) * static_cast<std::size_t>(content.columns) *
      static_cast<std::size_t>(content.frames) * (format.GetBitsAllocated() / 8U);
  const bool other_size = image.GetColumns() != static_cast<unsigned>(content.columns) ||
                          image.GetRows() != static_cast<unsigned>(content.rows) ||
                          format.GetSamplesPerPixel() != 1 || image.GetBufferLength() != expected;
  if (other_size) return "its pixels are not of the size that its header says";
  std::vector<char> bytes(expected);
  if (!image.GetBuffer(bytes.data())) return problem.c_str();
  const int allocated = format.GetBitsAllocated(), unused = allocated - format.GetBitsStored();
  const bool is_signed = format.GetPixelRepresentation() != 0;
  const auto convert = [&](auto as_signed, auto as_unsigned) {
    if (is_signed)
      rescale<decltype(as_signed)>(bytes.data(), unused, content, voxels);
    else
      rescale<decltype(as_unsigned)>(bytes.data(), unused, content, voxels);
  };
  if (allocated == 8)
    convert(std::int8_t{}, std::uint8_t{});
  else if (allocated == 16)
    convert(std::int16_t{}, std::uint16_t{});
  else if (allocated == 32)
    convert(std::int32_t{}, std::uint32_t{});
  else
    return "its pixels are of a size that is not supported";
  return nullptr;
}

}  // namespace

/// seg::data::ReadDicom (src/image/dicom_file.hpp).
/// @throws std::bad_alloc.
extern "C" const char* seg_read_dicom(const char* file, DicomFile* content, float* voxels) {
  static thread_local std::string problem;
  // GDCM's remarks would go to the terminal.
  gdcm::Trace::DebugOff();
  gdcm::Trace::WarningOff();
  gdcm::Trace::ErrorOff();
  try {
    return voxels ? read_voxels(file, *content, voxels) : read_content(file, *content);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& exception) {
    problem = exception.what();
    return problem.c_str();
  }
}
