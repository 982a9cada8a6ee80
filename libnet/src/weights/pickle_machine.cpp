#include "weights/pickle_machine.hpp"

namespace seg::net::pickle {

void fail(const std::string& source, const std::string& problem) {
  throw Error(ErrorKind::bad_model, {source, "is not a readable checkpoint (" + problem + ")",
                                     "take an undamaged file of torch.save"});
}

std::string_view ByteReader::take(std::uint64_t count) {
  if (count > bytes.size() - position) fail(source, "it ends too early");
  const auto taken = bytes.substr(position, count);
  position += count;
  return taken;
}

std::string ByteReader::line() {
  const auto end = bytes.find('\n', position);
  if (end == std::string_view::npos) fail(source, "it ends too early");
  std::string text(take(end - position));
  take(1);
  return text;
}

void CopyBudget::spend(std::size_t bytes) {
  if (bytes > left_) fail(source_, "it stands for values many times its size");
  left_ -= bytes;
}

Ref make(Machine& machine, Data data) {
  return &machine.objects.emplace_back(Object{std::move(data)});
}

void push(Machine& machine, Data data) { machine.stack.push_back(make(machine, std::move(data))); }

Ref& top(Machine& machine) {
  const std::size_t floor = machine.marks.empty() ? 0 : machine.marks.back();
  if (machine.stack.size() <= floor) fail(machine.input.source, "its instructions do not fit");
  return machine.stack.back();
}

Ref pop(Machine& machine) {
  const Ref object = top(machine);
  machine.stack.pop_back();
  return object;
}

Refs pop_to_mark(Machine& machine) {
  if (machine.marks.empty()) fail(machine.input.source, "its instructions do not fit");
  const auto start = machine.stack.begin() + static_cast<std::ptrdiff_t>(machine.marks.back());
  const Refs taken(start, machine.stack.end());
  machine.stack.erase(start, machine.stack.end());
  machine.marks.pop_back();
  return taken;
}

Value read_plain(ByteReader& input, StorageLoader load_storage) {
  Machine machine{input, std::move(load_storage)};
  const Ref root = run(machine);
  return to_value(machine, root);
}

}  // namespace seg::net::pickle
