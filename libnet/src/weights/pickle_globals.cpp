#include <map>

#include "weights/pickle_machine.hpp"
#include "weights/pickle_numpy.hpp"
#include "weights/pickle_tensors.hpp"

namespace seg::net::pickle {
namespace {

using Function = Data (*)(Machine&, const Refs&);

Data ordered_dict(Machine& machine, const Refs& arguments) {
  Pairs pairs;
  if (arguments.empty() || !std::holds_alternative<Refs>(arguments[0]->data)) return pairs;
  const auto& items = expect<Refs>(machine, arguments[0]);
  machine.budget.spend(items.size() * sizeof(Pairs::value_type));
  for (const Ref item : items) {
    const auto& pair = expect<Refs>(machine, item);
    if (pair.size() != 2) fail(machine.input.source, "a key without value");
    pairs.emplace_back(pair[0], pair[1]);
  }
  return pairs;
}

// Sets, tuples and sizes: lists to us.
Data list(Machine& machine, const Refs& arguments) {
  if (arguments.empty()) return Refs{};
  const auto& items = expect<Refs>(machine, arguments.at(0));
  machine.budget.spend(items.size() * sizeof(Ref));
  return items;
}

// Latin-1 text as bytes, the way protocol 2 writes them.
Data encode(Machine& machine, const Refs& arguments) {
  if (arguments.empty()) fail(machine.input.source, "bytes without content");
  Bytes bytes;
  const auto& text = expect<std::string>(machine, arguments[0]);
  machine.budget.spend(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto first = static_cast<unsigned char>(text[i]);
    const bool pair = (first & 0xFE) == 0xC2 && i + 1 < text.size();
    if (first > 0x7F && !pair) fail(machine.input.source, "bytes that are none");
    bytes.data += pair ? static_cast<char>((first << 6) | (text[++i] & 0x3F)) : text[i];
  }
  return bytes;
}

Data device(Machine& machine, const Refs& arguments) {
  if (arguments.empty()) fail(machine.input.source, "a device without name");
  const auto& name = expect<std::string>(machine, arguments[0]);
  machine.budget.spend(name.size());
  if (arguments.size() < 2) return name;
  return c10::str(name, ":", expect<std::int64_t>(machine, arguments[1]));
}

Data path(Machine&, const Refs&) { return Value::Opaque{"pathlib.Path"}; }

const std::map<std::string, Function>& known_functions() {
  static const std::map<std::string, Function> table{
      {"collections.OrderedDict", ordered_dict},
      {"collections.defaultdict", ordered_dict},
      {"builtins.set", list},
      {"builtins.frozenset", list},
      {"__builtin__.set", list},
      {"__builtin__.frozenset", list},
      {"_codecs.encode", encode},
      {"pathlib.PosixPath", path},
      {"pathlib.WindowsPath", path},
      {"torch.Size", list},
      {"torch.device", device},
      {"torch._utils._rebuild_tensor", rebuild_tensor},
      {"torch._utils._rebuild_tensor_v2", rebuild_tensor},
      {"torch._utils._rebuild_parameter", rebuild_parameter},
      {"numpy.dtype", numpy_type},
      {"numpy.core.multiarray.scalar", numpy_scalar},
      {"numpy._core.multiarray.scalar", numpy_scalar},
      {"numpy.core.multiarray._reconstruct", numpy_empty_array},
      {"numpy._core.multiarray._reconstruct", numpy_empty_array},
      {"numpy.core.numeric._frombuffer", numpy_from_buffer},
      {"numpy._core.numeric._frombuffer", numpy_from_buffer},
  };
  return table;
}

}  // namespace

Data call(Machine& machine, const Global& function, const Refs& arguments) {
  const auto found = known_functions().find(function.name);
  if (found != known_functions().end()) return found->second(machine, arguments);
  throw Error(ErrorKind::bad_model, {machine.input.source,
                                     "refused, because it asks to call \"" + function.name +
                                         "\", which weights have no need of (nothing was executed)",
                                     "use files from a source that you trust"});
}

Data instance(Machine& machine, const Global& type, const Refs& arguments) {
  if (known_functions().count(type.name)) return call(machine, type, arguments);
  machine.budget.spend(type.name.size());
  return Value::Opaque{type.name};
}

void build(Machine& machine, Ref object, Ref state) {
  if (auto* type = std::get_if<NumpyType>(&object->data)) {
    check_byte_order(machine, *type, expect<Refs>(machine, state));
  } else if (std::holds_alternative<EmptyArray>(object->data)) {
    object->data = numpy_array(machine, expect<Refs>(machine, state));
  }
}

}  // namespace seg::net::pickle
