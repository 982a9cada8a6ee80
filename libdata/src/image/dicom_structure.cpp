#include "image/dicom_structure.hpp"

#include <cctype>
#include <fstream>
#include <string>

#include "image/file_header.hpp"
#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t undefined_length = 0xFFFFFFFF, pixel_data = 0x7FE00010,
                        transfer_syntax = 0x00020010, item = 0xFFFEE000, item_end = 0xFFFEE00D,
                        sequence_end = 0xFFFEE0DD;
constexpr int deepest = 32;

struct Encoding {
  bool explicit_vr = true;
  std::endian order = std::endian::little;
};

struct Element {
  std::uint32_t tag = 0;
  std::string vr;  ///< empty where the encoding leaves it out
  std::uint32_t length = 0;
};

bool has_long_length(const std::string& vr) {
  static const std::string_view all = "OB OD OF OL OV OW SQ SV UC UN UR UT UV";
  return all.find(vr) != std::string_view::npos;
}

bool is_known_kind(const std::string& vr) {
  static const std::string_view short_ones =
      "AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US";
  return vr.find(' ') == std::string::npos &&
         (has_long_length(vr) || short_ones.find(vr) != std::string_view::npos);
}

/// Samples, frames' rows and columns, bits and sign, which GDCM takes for whole numbers.
bool is_number_of_pixels(std::uint32_t tag) {
  return tag == 0x00280002 || tag == 0x00280006 || tag == 0x00280010 || tag == 0x00280011 ||
         (tag >= 0x00280100 && tag <= 0x00280103);
}

Encoding encoding_of(const fs::path& file, const std::string& syntax) {
  if (syntax == "1.2.840.10008.1.2.1.99")
    throw Error(file.string(), "is DICOM whose data set is deflated, which is not read",
                "store it uncompressed, for example with dcmconv +te");
  if (syntax == "1.2.840.10008.1.2.2") return {true, std::endian::big};
  return {syntax != "1.2.840.10008.1.2", std::endian::little};
}

class Walk {
 public:
  explicit Walk(const fs::path& file)
      : file_(file), stream_(file, std::ios::binary), size_(fs::file_size(file)) {}

  DicomPixels whole_file() {
    skip(132);
    Encoding encoding{};
    std::string syntax;
    const std::uint64_t meta_end = meta_length(encoding) + place_;
    while (left(size_) >= 8 && peek_group() == 2) {
      const Element element = next(encoding);
      if (element.tag == transfer_syntax)
        syntax = text(element.length);
      else
        pass_over(element, encoding, 0);
    }
    if (left(size_) == 0) cut_off();
    if (place_ != meta_end) refuse_header(file_, "its meta group is not as long as it says");
    encoding = encoding_of(file_, syntax);
    while (left(size_) > 0) top_element(encoding);
    return pixels_;
  }

 private:
  std::uint64_t left(std::uint64_t end) const { return end - std::min(end, place_); }

  [[noreturn]] void cut_off() const {
    throw Error(file_.string(), "is truncated: it ends within an element",
                "copy or export the file again");
  }

  std::string bytes(std::size_t count) {
    std::string result(count, '\0');
    if (left(size_) < count || !stream_.read(result.data(), static_cast<std::streamsize>(count)))
      cut_off();
    place_ += count;
    return result;
  }

  void skip(std::uint64_t count) {
    if (left(size_) < count) cut_off();
    place_ += count;
    // A seek costs a read of the buffer.
    if (count < 4096)
      stream_.ignore(static_cast<std::streamsize>(count));
    else
      stream_.seekg(static_cast<std::streamoff>(place_));
  }

  template <class Number>
  Number number(std::endian order) {
    return number_at<Number>(bytes(sizeof(Number)), 0, order);
  }

  /// PS3.10, 7.1: the meta group begins with its length.
  std::uint64_t meta_length(const Encoding& encoding) {
    const Element element = next(encoding);
    if (element.tag != 0x00020000 || element.vr != "UL" || element.length != 4)
      refuse_header(file_, "its meta group does not begin with its length");
    return number<std::uint32_t>(std::endian::little);
  }

  std::uint16_t peek_group() {
    const auto group = number<std::uint16_t>(std::endian::little);
    place_ -= 2;
    stream_.seekg(static_cast<std::streamoff>(place_));
    return group;
  }

  std::string text(std::uint32_t length) {
    if (length > 64) refuse_header(file_, "its transfer syntax has no such name");
    std::string result = bytes(length);
    result.erase(result.find_last_not_of(std::string(" \0", 2)) + 1);
    return result;
  }

  Element next(const Encoding& encoding) {
    const auto group = number<std::uint16_t>(encoding.order);
    const auto within = number<std::uint16_t>(encoding.order);
    Element element{(std::uint32_t{group} << 16) | within, "", 0};
    if (!encoding.explicit_vr || group == 0xFFFE) {
      element.length = number<std::uint32_t>(encoding.order);
      return element;
    }
    element.vr = bytes(2);
    if (!is_known_kind(element.vr)) refuse_header(file_, "an element is of no known kind");
    if (!has_long_length(element.vr)) {
      element.length = number<std::uint16_t>(encoding.order);
      return element;
    }
    skip(2);
    element.length = number<std::uint32_t>(encoding.order);
    return element;
  }

  void top_element(const Encoding& encoding) {
    const Element element = next(encoding);
    const std::uint64_t start = place_;
    if (is_number_of_pixels(element.tag) &&
        (element.length != 2 || (encoding.explicit_vr && element.vr != "US")))
      refuse_header(file_, "a number that tells how its pixels lie is none");
    if (element.tag == pixel_data) {
      if (pixels_.there) refuse_header(file_, "it holds pixels twice");
      pixels_ = {true, element.length == undefined_length, 0, {}};
      if (!pixels_.encapsulated)
        require_bytes(file_, {double(element.length), double(left(size_))});
    }
    pass_over(element, encoding, 0);
    if (element.tag == pixel_data) pixels_.bytes = place_ - start;
  }

  void pass_over(const Element& element, const Encoding& encoding, int depth) {
    if (element.tag >> 16 == item >> 16) refuse_header(file_, "an item lies outside of a sequence");
    if (element.length != undefined_length && left(size_) < element.length) cut_off();
    // Without its kind, a sequence shows by its first item.
    const bool is_sequence = element.vr == "SQ" || element.length == undefined_length ||
                             (element.vr.empty() && begins_with_item(element.length, encoding));
    if (!is_sequence) return skip(element.length);
    if (element.tag == pixel_data) return fragments(encoding);
    // PS3.5, 6.2.2: a sequence of unknown kind is encoded without kinds.
    sequence(element.length, element.vr == "UN" ? Encoding{false, encoding.order} : encoding,
             depth + 1);
  }

  bool begins_with_item(std::uint32_t length, const Encoding& encoding) {
    if (length < 8) return false;
    const std::string header = bytes(8);
    place_ -= 8;
    stream_.seekg(static_cast<std::streamoff>(place_));
    const auto inside = number_at<std::uint32_t>(header, 4, encoding.order);
    return number_at<std::uint16_t>(header, 0, encoding.order) == item >> 16 &&
           number_at<std::uint16_t>(header, 2, encoding.order) == (item & 0xFFFF) &&
           (inside == undefined_length || inside <= length - 8);
  }

  std::uint64_t end_of(std::uint32_t length) const {
    return length == undefined_length ? size_ : place_ + length;
  }

  /// GDCM looks for more, at other places, after an end that says that it has content.
  bool ends(const Element& element, std::uint32_t end) const {
    if (element.tag != end) return false;
    if (element.length != 0) refuse_header(file_, "the end of a sequence or item has content");
    return true;
  }

  /// Encapsulated pixel data; the first item is a table of offsets.
  void fragments(const Encoding& encoding) {
    for (bool is_table = true;; is_table = false) {
      const Element element = next(encoding);
      if (ends(element, sequence_end)) return;
      if (element.tag != item)
        refuse_header(file_, "its pixel data hold something else than items");
      if (!is_table) pixels_.fragments.push_back({place_, element.length});
      skip(element.length);
    }
  }

  void sequence(std::uint32_t length, const Encoding& encoding, int depth) {
    if (depth > deepest) refuse_header(file_, "its sequences lie too deep");
    for (const std::uint64_t end = end_of(length); place_ < end;) {
      const Element element = next(encoding);
      if (ends(element, sequence_end)) return;
      if (element.tag != item) refuse_header(file_, "a sequence holds something else than items");
      if (element.length != undefined_length && left(end) < element.length) cut_off();
      dataset(element.length, encoding, depth);
    }
    if (length == undefined_length) cut_off();
  }

  void dataset(std::uint32_t length, const Encoding& encoding, int depth) {
    for (const std::uint64_t end = end_of(length); place_ < end;) {
      const Element element = next(encoding);
      if (ends(element, item_end)) return;
      pass_over(element, encoding, depth);
    }
    if (length == undefined_length) cut_off();
  }

  fs::path file_;
  std::ifstream stream_;
  std::uint64_t size_, place_ = 0;
  DicomPixels pixels_;
};

}  // namespace

DicomPixels check_dicom_structure(const fs::path& file) { return Walk(file).whole_file(); }

}  // namespace seg::data
