#include "weights/pickle_machine.hpp"

namespace seg::net::pickle {
namespace {

// Shared lists are written out each time they occur, so a small file can stand for a huge value.
constexpr std::size_t max_values = 2'000'000;
constexpr int max_depth = 200;

struct Converter {
  const Machine& machine;
  std::size_t count = 0;
  int depth = 0;

  Value convert(Ref object) {
    if (++count > max_values || depth > max_depth) {
      fail(machine.input.source, "values nested beyond all need");
    }
    ++depth;
    Value value = std::visit(*this, object->data);
    --depth;
    return value;
  }

  template <typename Plain>
  Value operator()(const Plain& plain) {
    return Value{plain};
  }
  Value operator()(const Refs& items) {
    Value::List list;
    for (const Ref item : items) list.push_back(convert(item));
    return Value{std::move(list)};
  }
  Value operator()(const Pairs& items) {
    Value::Dict dict;
    for (const auto& [key, value] : items) dict.emplace_back(convert(key), convert(value));
    return Value{std::move(dict)};
  }
  Value operator()(const Global& global) { return Value{Value::Opaque{global.name}}; }
  Value operator()(const Bytes& bytes) { return Value{bytes.data}; }
  Value operator()(const TypedStorage&) { return Value{Value::Opaque{"torch storage"}}; }
  Value operator()(const NumpyType& type) {
    return Value{Value::Opaque{"numpy dtype " + type.code}};
  }
  Value operator()(const EmptyArray&) { return Value{Value::Opaque{"numpy array"}}; }
};

}  // namespace

Value to_value(const Machine& machine, Ref root) { return Converter{machine}.convert(root); }

}  // namespace seg::net::pickle
