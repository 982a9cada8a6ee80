#pragma once

#include <iterator>
#include <string>

namespace seg {

/// The texts of a range one after the other, with `separator` between them and `last` before the
/// last one: "a, b or c".
template <class Texts>
std::string joined(const Texts& texts, const std::string& separator, const std::string& last) {
  std::string all;
  const auto end = std::end(texts);
  for (auto text = std::begin(texts); text != end; ++text) {
    if (text != std::begin(texts)) all += std::next(text) == end ? last : separator;
    all += *text;
  }
  return all;
}

template <class Texts>
std::string joined(const Texts& texts, const std::string& separator = ", ") {
  return joined(texts, separator, separator);
}

}  // namespace seg
