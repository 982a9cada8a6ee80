#include <limits>
#include <string_view>

#include "python_json.hpp"
#include "seg/plan/error.hpp"

namespace seg {
namespace {

// JSON text cannot hold this character unescaped, so no string of the file begins like this.
constexpr std::string_view mark = "\\u0001seg:";
constexpr std::string_view mark_as_read = "\x01seg:";

constexpr std::string_view constants[] = {"-Infinity", "Infinity", "NaN"};

std::string_view constant_at(std::string_view text, std::size_t position) {
  for (const auto constant : constants)
    if (text.substr(position, constant.size()) == constant) return constant;
  return {};
}

std::size_t end_of_string(std::string_view text, std::size_t begin) {
  std::size_t position = begin + 1;
  while (position < text.size() && text[position] != '"')
    position += text[position] == '\\' ? 2 : 1;
  return std::min(position + 1, text.size());
}

/// What is read is walked by functions that call themselves.
constexpr int most_levels = 200;

void require_few_levels(char letter, int& levels, const std::string& source) {
  if (letter == '[' || letter == '{') ++levels;
  if (letter == ']' || letter == '}') --levels;
  if (levels > most_levels)
    throw Error(source, "is nested more than " + std::to_string(most_levels) + " levels deep",
                "repair the file or make it again");
}

/// The same JSON with NaN and its like as marked strings, so that a strict parser takes it.
std::string mark_constants(std::string_view text, const std::string& source) {
  std::string marked;
  marked.reserve(text.size());
  int levels = 0;
  for (std::size_t position = 0; position < text.size();) {
    require_few_levels(text[position], levels, source);
    const auto constant = constant_at(text, position);
    const std::size_t end = text[position] == '"'
                                ? end_of_string(text, position)
                                : position + std::max<std::size_t>(constant.size(), 1);
    if (constant.empty())
      marked += text.substr(position, end - position);
    else
      marked.append("\"").append(mark).append(constant).append("\"");
    position = end;
  }
  return marked;
}

double constant_value(std::string_view name) {
  if (name == "NaN") return std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  return name.front() == '-' ? -infinity : infinity;
}

void restore_constants(Json& value) {
  if (value.is_structured()) {
    for (auto& element : value) restore_constants(element);
  } else if (value.is_string()) {
    const std::string_view text = value.get_ref<const std::string&>();
    if (text.starts_with(mark_as_read)) value = constant_value(text.substr(mark_as_read.size()));
  }
}

/// "line 3, column 7" out of the parser's message.
std::string place_of(const std::string& message) {
  const auto begin = message.find("line ");
  const auto end = message.find(':', begin);
  return begin == std::string::npos ? "" : " (" + message.substr(begin, end - begin) + ")";
}

}  // namespace

Json parse_python_json(const std::string& text, const std::string& source) {
  try {
    Json value = Json::parse(mark_constants(text, source));
    restore_constants(value);
    return value;
  } catch (const Json::parse_error& error) {
    throw Error(source, "is not JSON" + place_of(error.what()), "repair the file or make it again");
  } catch (const Json::out_of_range& error) {
    throw Error(source, "holds a number that is out of range", "repair the file");
  }
}

}  // namespace seg
