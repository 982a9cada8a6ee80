#include "weights/pickle_numpy.hpp"

#include <algorithm>
#include <map>

namespace seg::net::pickle {
namespace {

std::optional<at::ScalarType> element_type(const NumpyType& type) {
  static const std::map<std::string, at::ScalarType> table{
      {"f2", at::kHalf},  {"f4", at::kFloat},  {"f8", at::kDouble}, {"i1", at::kChar},
      {"i2", at::kShort}, {"i4", at::kInt},    {"i8", at::kLong},   {"u1", at::kByte},
      {"b1", at::kBool},  {"u2", at::kUInt16}, {"u4", at::kUInt32}, {"u8", at::kUInt64}};
  const auto found = table.find(type.code);
  if (found == table.end()) return std::nullopt;
  return found->second;
}

struct Content {
  std::vector<std::int64_t> shape;
  at::ScalarType type;
  std::string_view bytes;
};

at::Tensor filled(Machine& machine, const Content& content) {
  double expected = static_cast<double>(at::elementSize(content.type));
  for (const auto size : content.shape) expected *= static_cast<double>(size);
  if (expected != static_cast<double>(content.bytes.size())) {
    fail(machine.input.source, "a NumPy array with too few or too many numbers");
  }
  machine.budget.spend(content.bytes.size());
  at::Tensor result = at::empty(content.shape, content.type);
  std::copy(content.bytes.begin(), content.bytes.end(), static_cast<char*>(result.data_ptr()));
  return result;
}

std::vector<std::int64_t> shape_of(Machine& machine, Ref object) {
  constexpr std::size_t most_axes = 64;  // as NumPy 2 has it
  std::vector<std::int64_t> shape;
  const auto& items = expect<Refs>(machine, object);
  if (items.size() > most_axes) fail(machine.input.source, "a NumPy array of too many axes");
  for (const Ref item : items) {
    shape.push_back(expect<std::int64_t>(machine, item));
    if (shape.back() < 0) fail(machine.input.source, "a NumPy array of negative size");
  }
  return shape;
}

// Fortran order is C order of the reversed shape, seen with reversed axes.
at::Tensor array(Machine& machine, Content content, bool fortran) {
  if (!fortran) return filled(machine, content);
  std::reverse(content.shape.begin(), content.shape.end());
  const auto tensor = filled(machine, content);
  std::vector<std::int64_t> axes(content.shape.size());
  for (std::size_t i = 0; i < axes.size(); ++i)
    axes[i] = static_cast<std::int64_t>(axes.size() - 1 - i);
  return tensor.permute(axes);
}

Data plain(const at::Tensor& number) {
  if (number.is_floating_point()) return number.item<double>();
  if (number.scalar_type() == at::kBool) return number.item<bool>();
  return number.item<std::int64_t>();
}

Value::Opaque opaque(Machine& machine, const NumpyType& type) {
  machine.budget.spend(type.code.size());
  return {"numpy dtype " + type.code};
}

}  // namespace

Data numpy_type(Machine& machine, const Refs& arguments) {
  if (arguments.empty()) fail(machine.input.source, "a NumPy type without name");
  const auto& code = expect<std::string>(machine, arguments[0]);
  machine.budget.spend(code.size());
  return NumpyType{code};
}

void check_byte_order(Machine& machine, const NumpyType&, const Refs& state) {
  if (state.size() > 1 && expect<std::string>(machine, state[1]) == ">") {
    fail(machine.input.source, "big-endian numbers");
  }
}

Data numpy_scalar(Machine& machine, const Refs& arguments) {
  if (arguments.empty()) fail(machine.input.source, "a NumPy number without type");
  const auto& type = expect<NumpyType>(machine, arguments[0]);
  const auto element = element_type(type);
  if (!element || arguments.size() < 2) return opaque(machine, type);
  return plain(filled(machine, {{}, *element, expect<Bytes>(machine, arguments[1]).data}));
}

Data numpy_empty_array(Machine&, const Refs&) { return EmptyArray{}; }

Data numpy_from_buffer(Machine& machine, const Refs& arguments) {
  if (arguments.size() < 4) fail(machine.input.source, "a NumPy array without content");
  const auto& type = expect<NumpyType>(machine, arguments[1]);
  const auto element = element_type(type);
  if (!element) return opaque(machine, type);
  return array(
      machine,
      {shape_of(machine, arguments[2]), *element, expect<Bytes>(machine, arguments[0]).data},
      expect<std::string>(machine, arguments[3]) == "F");
}

// Arrays of Python objects hold a list.
Data numpy_array(Machine& machine, const Refs& state) {
  if (state.size() < 5) fail(machine.input.source, "a NumPy array without content");
  const auto& type = expect<NumpyType>(machine, state[2]);
  if (const auto* items = std::get_if<Refs>(&state[4]->data)) {
    machine.budget.spend(items->size() * sizeof(Ref));
    return *items;
  }
  const auto element = element_type(type);
  if (!element) return opaque(machine, type);
  return array(machine,
               {shape_of(machine, state[1]), *element, expect<Bytes>(machine, state[4]).data},
               expect<bool>(machine, state[3]));
}

}  // namespace seg::net::pickle
