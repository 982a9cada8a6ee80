#include "seg/plan/one_line.hpp"

#include <algorithm>

namespace seg {
namespace {

constexpr std::size_t kLongest = 2000, kKeptOfEnd = 500;

bool is_control(unsigned char letter) { return letter < 0x20 || letter == 0x7F; }

bool is_inside_character(char letter) { return (letter & 0xC0) == 0x80; }  // of UTF-8

}  // namespace

std::string one_line(std::string text) {
  std::ranges::replace_if(text, is_control, ' ');
  if (text.size() <= kLongest) return text;
  std::size_t first = kLongest - kKeptOfEnd, last = text.size() - kKeptOfEnd;
  while (first > 0 && is_inside_character(text[first])) --first;
  while (last < text.size() && is_inside_character(text[last])) ++last;
  return text.substr(0, first) + " ... " + text.substr(last);
}

}  // namespace seg
