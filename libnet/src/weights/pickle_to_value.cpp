#include "weights/pickle_machine.hpp"

namespace seg::net::pickle {
namespace {

// Shared lists are written out each time they occur, so a small file can stand for a huge value.
constexpr std::size_t max_values = 2'000'000;
constexpr int max_depth = 200;

struct Converter {
  Machine& machine;
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
  Value operator()(const std::string& text) { return Value{copy_of(text)}; }
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
  Value operator()(const Global& global) { return Value{Value::Opaque{copy_of(global.name)}}; }
  Value operator()(const Bytes& bytes) { return Value{copy_of(bytes.data)}; }
  Value operator()(const TypedStorage&) { return Value{Value::Opaque{"torch storage"}}; }
  Value operator()(const NumpyType& type) {
    return Value{Value::Opaque{"numpy dtype " + copy_of(type.code)}};
  }
  Value operator()(const Value::Opaque& opaque) {
    return Value{Value::Opaque{copy_of(opaque.what)}};
  }
  Value operator()(const EmptyArray&) { return Value{Value::Opaque{"numpy array"}}; }

 private:
  std::string copy_of(const std::string& text) {
    machine.budget.spend(text.size());
    return text;
  }
};

}  // namespace

Value to_value(Machine& machine, Ref root) { return Converter{machine}.convert(root); }

}  // namespace seg::net::pickle
