#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace seg::net {

/// A value of a Python checkpoint: what pickles of PyTorch are made of, as plain data. Anything
/// else is Opaque.
struct Value {
  struct None {};
  struct Opaque {
    std::string what;
  };                                ///< an object seg does not know: its class name
  using List = std::vector<Value>;  ///< lists and tuples
  using Dict = std::vector<std::pair<Value, Value>>;

  std::variant<None, bool, std::int64_t, double, std::string, at::Tensor, List, Dict, Opaque> data;

  bool is_dict() const { return std::holds_alternative<Dict>(data); }
  /// Entry of a dict with a text key, or nullptr.
  const Value* find(const std::string& key) const;
  /// The value as T. @throws Error naming `what` if it is of another kind.
  template <typename T>
  const T& as(const std::string& what) const;
};

}  // namespace seg::net
