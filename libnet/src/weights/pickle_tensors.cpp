#include "weights/pickle_tensors.hpp"

#include <map>

namespace seg::net::pickle {
namespace {

at::ScalarType element_type(Machine& machine, const std::string& storage_class) {
  static const std::map<std::string, at::ScalarType> table{
      {"FloatStorage", at::kFloat},
      {"DoubleStorage", at::kDouble},
      {"HalfStorage", at::kHalf},
      {"BFloat16Storage", at::kBFloat16},
      {"ByteStorage", at::kByte},
      {"CharStorage", at::kChar},
      {"ShortStorage", at::kShort},
      {"IntStorage", at::kInt},
      {"LongStorage", at::kLong},
      {"BoolStorage", at::kBool},
      {"ComplexFloatStorage", at::kComplexFloat},
      {"ComplexDoubleStorage", at::kComplexDouble}};
  const auto found = table.find(storage_class.substr(storage_class.rfind('.') + 1));
  if (storage_class.rfind("torch.", 0) != 0 || found == table.end()) {
    fail(machine.input.source, "tensors of " + storage_class + ", which seg does not have");
  }
  return found->second;
}

std::vector<std::int64_t> sizes_of(Machine& machine, Ref object) {
  constexpr std::size_t most_axes = 64;
  std::vector<std::int64_t> sizes;
  const auto& items = expect<Refs>(machine, object);
  if (items.size() > most_axes) fail(machine.input.source, "a tensor of too many axes");
  for (const Ref item : items) {
    sizes.push_back(expect<std::int64_t>(machine, item));
    if (sizes.back() < 0) fail(machine.input.source, "a tensor of negative size");
  }
  return sizes;
}

struct View {
  std::int64_t offset;
  std::vector<std::int64_t> sizes, strides;
};

// In floating point, because a hostile header may overflow integers.
double elements_needed(const View& view) {
  double last = static_cast<double>(view.offset);
  for (std::size_t axis = 0; axis < view.sizes.size(); ++axis) {
    if (view.sizes[axis] == 0) return 0;
    last += static_cast<double>(view.sizes[axis] - 1) * static_cast<double>(view.strides[axis]);
  }
  return last + 1;
}

double elements(const View& view) {
  double count = 1;
  for (const auto size : view.sizes) count *= static_cast<double>(size);
  return count;
}

void check(Machine& machine, const View& view, const TypedStorage& storage) {
  if (view.offset < 0 || view.sizes.size() != view.strides.size() || view.sizes.size() > 64) {
    fail(machine.input.source, "a tensor whose sizes and strides do not fit");
  }
  const auto there = storage.storage.nbytes() / at::elementSize(storage.type);
  if (elements_needed(view) > static_cast<double>(there) || elements(view) > 1e15) {
    fail(machine.input.source, "a tensor that goes beyond its storage");
  }
}

}  // namespace

Data rebuild_tensor(Machine& machine, const Refs& arguments) {
  if (arguments.size() < 4) fail(machine.input.source, "a tensor without sizes");
  const auto& storage = expect<TypedStorage>(machine, arguments[0]);
  const View view{expect<std::int64_t>(machine, arguments[1]), sizes_of(machine, arguments[2]),
                  sizes_of(machine, arguments[3])};
  check(machine, view, storage);
  return at::empty({0}, at::TensorOptions(storage.type).device(storage.storage.device()))
      .set_(storage.storage, view.offset, view.sizes, view.strides);
}

Data rebuild_parameter(Machine& machine, const Refs& arguments) {
  if (arguments.empty()) fail(machine.input.source, "a parameter without tensor");
  return expect<at::Tensor>(machine, arguments[0]);
}

// ("storage", class, key, location, number of elements[, view]); the location does not matter.
Data persistent(Machine& machine, Ref id) {
  const auto& parts = expect<Refs>(machine, id);
  if (parts.size() < 5) fail(machine.input.source, "storage without size");
  if (parts.size() > 5 && !std::holds_alternative<Value::None>(parts[5]->data)) {
    fail(machine.input.source, "views of storages, as torch 0.3 wrote them");
  }
  const auto type = element_type(machine, expect<Global>(machine, parts[1]).name);
  const auto count = expect<std::int64_t>(machine, parts[4]);
  if (count < 0 || count > (std::int64_t{1} << 50)) {
    fail(machine.input.source, "storage of impossible size");
  }
  const auto bytes = static_cast<std::uint64_t>(count) * at::elementSize(type);
  const auto& key = expect<std::string>(machine, parts[2]);
  return TypedStorage{machine.load_storage({key, type, bytes}), type};
}

}  // namespace seg::net::pickle
