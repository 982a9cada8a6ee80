#pragma once

#include <string>

namespace seg {

/// The texts of a range one after the other, with `separator` between them.
template <class Texts>
std::string joined(const Texts& texts, const std::string& separator = ", ") {
  std::string all;
  bool first = true;
  for (const auto& text : texts) {
    if (!first) all += separator;
    all += text;
    first = false;
  }
  return all;
}

}  // namespace seg
