#include <array>
#include <charconv>
#include <cmath>

#include "python_json.hpp"

namespace seg {
namespace {

class Writer {
 public:
  std::string write(const Json& value) {
    add(value, 0);
    return std::move(text_);
  }

 private:
  void add(const Json& value, int depth) {
    if (value.is_structured())
      add_elements(value, depth);
    else if (value.is_number_float())
      text_ += to_python_number(value.get<double>());
    else
      text_ += plain(value);
  }

  void add_elements(const Json& value, int depth) {
    const bool object = value.is_object();
    text_ += object ? '{' : '[';
    for (auto element = value.begin(); element != value.end(); ++element) {
      if (element != value.begin()) text_ += ',';
      start_line(depth + 1);
      if (object) text_ += plain(element.key()) + ": ";
      add(*element, depth + 1);
    }
    if (!value.empty()) start_line(depth);
    text_ += object ? '}' : ']';
  }

  /// Bytes that are no UTF-8, as paths may have them, become U+FFFD: JSON has no place for them.
  static std::string plain(const Json& value) {
    return value.dump(-1, ' ', true, Json::error_handler_t::replace);
  }

  void start_line(int depth) { text_.append("\n").append(std::size_t(depth) * 4, ' '); }

  std::string text_;
};

}  // namespace

std::string to_python_number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  const double magnitude = std::abs(value);
  const bool fixed = magnitude == 0 || (magnitude >= 1e-4 && magnitude < 1e16);
  const auto format = fixed ? std::chars_format::fixed : std::chars_format::scientific;
  std::array<char, 64> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format).ptr;
  std::string text(buffer.data(), end);
  if (fixed && text.find('.') == std::string::npos) text += ".0";
  return text;
}

std::string to_python_json(const Json& value) { return Writer().write(value); }

}  // namespace seg
