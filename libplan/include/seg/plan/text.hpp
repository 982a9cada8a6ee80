#pragma once

#include <string>

namespace seg {

/// "a, b, c" of texts; empty for none.
template <class Texts>
std::string joined(const Texts& texts, const std::string& separator = ", ") {
  std::string line;
  bool first = true;
  for (const auto& text : texts) {
    if (!first) line += separator;
    line += text;
    first = false;
  }
  return line;
}

}  // namespace seg
