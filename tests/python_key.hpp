#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace seg::test {

/// A label or region as Python writes it as a key: 1, (1, 2), (3,).
template <class AnyJson>
std::string python_key(const AnyJson& entry) {
  if (!entry.is_array()) return entry.dump();
  std::string text;
  for (const auto& value : entry) {
    text += text.empty() ? "(" : ", ";
    text += value.dump();
  }
  text += entry.size() == 1 ? ",)" : ")";
  return text;
}

}  // namespace seg::test
