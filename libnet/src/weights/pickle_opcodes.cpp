#include <array>
#include <bit>
#include <charconv>

#include "weights/pickle_machine.hpp"

// The instructions of Python's pickle module, protocols 0 to 5 (pickletools describes each).
namespace seg::net::pickle {
namespace {

using Instruction = void (*)(Machine&);
using Table = std::array<Instruction, 256>;

template <typename T>
T parse(Machine& machine, std::string_view text) {
  T value{};
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc()) fail(machine.input.source, "a number that is none");
  return value;
}

template <typename Length>
std::string text(Machine& machine) {
  return std::string(machine.input.take(machine.input.number<Length>()));
}

template <typename Length>
void push_text(Machine& machine) {
  push(machine, text<Length>(machine));
}

template <typename Length>
void push_bytes(Machine& machine) {
  push(machine, Bytes{text<Length>(machine)});
}

template <typename Number>
void push_integer(Machine& machine) {
  push(machine, static_cast<std::int64_t>(machine.input.number<Number>()));
}

// Two's complement, lowest byte first, of any length.
Data integer_of(std::string_view bytes) {
  const bool negative = !bytes.empty() && (bytes.back() & 0x80) != 0;
  if (bytes.size() <= 8) {
    std::int64_t value = negative ? -1 : 0;
    std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }
  double value = negative ? -1 : 0;
  for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) {
    value = value * 256 + static_cast<unsigned char>(*byte);
  }
  return value;
}

template <typename Length>
void push_long(Machine& machine) {
  const auto length = machine.input.number<Length>();
  push(machine, integer_of(machine.input.take(length)));
}

// Protocol 0 writes True and False as the integers 01 and 00.
void push_integer_line(Machine& machine) {
  const auto line = machine.input.line();
  if (line == "00" || line == "01") return push(machine, line == "01");
  push(machine, parse<std::int64_t>(machine, line));
}

void push_long_line(Machine& machine) {
  push(machine, parse<std::int64_t>(machine, machine.input.line()));
}

void push_quoted_line(Machine& machine) {
  const auto line = machine.input.line();
  if (line.size() < 2) fail(machine.input.source, "a text without quotes");
  push(machine, line.substr(1, line.size() - 2));
}

// Big-endian, unlike all other numbers.
void push_double(Machine& machine) {
  auto bits = machine.input.number<std::uint64_t>();
  push(machine, std::bit_cast<double>(__builtin_bswap64(bits)));
}

void append(Machine& machine, const Refs& items) {
  auto& list = expect<Refs>(machine, top(machine));
  list.insert(list.end(), items.begin(), items.end());
}

void append_one(Machine& machine) {
  const Ref item = pop(machine);
  append(machine, {item});
}

Pairs pairs_of(Machine& machine, const Refs& items) {
  if (items.size() % 2 != 0) fail(machine.input.source, "a key without value");
  Pairs pairs;
  for (std::size_t i = 0; i < items.size(); i += 2) pairs.emplace_back(items[i], items[i + 1]);
  return pairs;
}

void set_items(Machine& machine, const Refs& items) {
  const auto added = pairs_of(machine, items);
  auto& dict = expect<Pairs>(machine, top(machine));
  dict.insert(dict.end(), added.begin(), added.end());
}

void set_item(Machine& machine) {
  const Ref value = pop(machine);
  const Ref key = pop(machine);
  set_items(machine, {key, value});
}

template <std::size_t Count>
void push_tuple(Machine& machine) {
  Refs items(Count);
  for (auto item = items.rbegin(); item != items.rend(); ++item) *item = pop(machine);
  push(machine, items);
}

void remember(Machine& machine, std::uint64_t place) { machine.memo[place] = top(machine); }

void recall(Machine& machine, std::uint64_t place) {
  const auto found = machine.memo.find(place);
  if (found == machine.memo.end()) fail(machine.input.source, "a reference to nothing");
  machine.stack.push_back(found->second);
}

void push_global_lines(Machine& machine) {
  const auto module = machine.input.line();
  push(machine, Global{module + "." + machine.input.line()});
}

void push_global_from_stack(Machine& machine) {
  const Ref name = pop(machine);
  const Ref module = pop(machine);
  const auto &package = expect<std::string>(machine, module),
             &function = expect<std::string>(machine, name);
  machine.budget.spend(package.size() + function.size());
  push(machine, Global{package + "." + function});
}

void reduce(Machine& machine) {
  const Ref arguments = pop(machine);
  const Ref function = pop(machine);
  push(machine, call(machine, expect<Global>(machine, function), expect<Refs>(machine, arguments)));
}

void new_object(Machine& machine) {
  const Ref arguments = pop(machine);
  const Ref type = pop(machine);
  push(machine, instance(machine, expect<Global>(machine, type), expect<Refs>(machine, arguments)));
}

void new_object_with_keywords(Machine& machine) {
  pop(machine);
  new_object(machine);
}

void build_top(Machine& machine) {
  const Ref state = pop(machine);
  build(machine, top(machine), state);
}

void call_from_lines(Machine& machine) {
  const auto module = machine.input.line();
  const Global type{module + "." + machine.input.line()};
  push(machine, call(machine, type, pop_to_mark(machine)));
}

void call_from_stack(Machine& machine) {
  auto items = pop_to_mark(machine);
  if (items.empty()) fail(machine.input.source, "its instructions do not fit");
  const Ref type = items.front();
  items.erase(items.begin());
  push(machine, call(machine, expect<Global>(machine, type), items));
}

void add_stack_instructions(Table& table) {
  table['.'] = [](Machine& m) { m.stopped = true; };
  table[0x80] = [](Machine& m) { m.input.take(1); };  // protocol number
  table[0x95] = [](Machine& m) { m.input.take(8); };  // length of a frame
  table['('] = [](Machine& m) { m.marks.push_back(m.stack.size()); };
  table['0'] = [](Machine& m) { pop(m); };
  table['1'] = [](Machine& m) { pop_to_mark(m); };
  table['2'] = [](Machine& m) { m.stack.push_back(top(m)); };
  table['p'] = [](Machine& m) { remember(m, parse<std::uint64_t>(m, m.input.line())); };
  table['q'] = [](Machine& m) { remember(m, m.input.number<std::uint8_t>()); };
  table['r'] = [](Machine& m) { remember(m, m.input.number<std::uint32_t>()); };
  table[0x94] = [](Machine& m) { remember(m, m.memo.size()); };
  table['g'] = [](Machine& m) { recall(m, parse<std::uint64_t>(m, m.input.line())); };
  table['h'] = [](Machine& m) { recall(m, m.input.number<std::uint8_t>()); };
  table['j'] = [](Machine& m) { recall(m, m.input.number<std::uint32_t>()); };
}

void add_plain_values(Table& table) {
  table['N'] = [](Machine& m) { push(m, Value::None{}); };
  table[0x88] = [](Machine& m) { push(m, true); };
  table[0x89] = [](Machine& m) { push(m, false); };
  table['I'] = push_integer_line;
  table['L'] = push_long_line;
  table['J'] = push_integer<std::int32_t>;
  table['K'] = push_integer<std::uint8_t>;
  table['M'] = push_integer<std::uint16_t>;
  table[0x8a] = push_long<std::uint8_t>;
  table[0x8b] = push_long<std::uint32_t>;
  table['F'] = [](Machine& m) { push(m, parse<double>(m, m.input.line())); };
  table['G'] = push_double;
}

void add_texts(Table& table) {
  table['S'] = push_quoted_line;
  table['V'] = [](Machine& m) { push(m, m.input.line()); };
  table['T'] = push_text<std::uint32_t>;
  table['U'] = push_text<std::uint8_t>;
  table['X'] = push_text<std::uint32_t>;
  table[0x8c] = push_text<std::uint8_t>;
  table[0x8d] = push_text<std::uint64_t>;
  table['B'] = push_bytes<std::uint32_t>;
  table['C'] = push_bytes<std::uint8_t>;
  table[0x8e] = push_bytes<std::uint64_t>;
  table[0x96] = push_bytes<std::uint64_t>;
}

void add_containers(Table& table) {
  const Instruction empty_list = [](Machine& m) { push(m, Refs{}); };
  const Instruction list = [](Machine& m) { push(m, pop_to_mark(m)); };
  const Instruction extend = [](Machine& m) {
    const auto items = pop_to_mark(m);
    append(m, items);
  };
  table[']'] = table[')'] = table[0x8f] = empty_list;  // list, tuple, set
  table['l'] = table['t'] = table[0x91] = list;        // list, tuple, frozenset
  table['e'] = table[0x90] = extend;                   // list, set
  table['a'] = append_one;
  table[0x85] = push_tuple<1>;
  table[0x86] = push_tuple<2>;
  table[0x87] = push_tuple<3>;
  table['}'] = [](Machine& m) { push(m, Pairs{}); };
  table['d'] = [](Machine& m) { push(m, pairs_of(m, pop_to_mark(m))); };
  table['s'] = set_item;
  table['u'] = [](Machine& m) {
    const auto items = pop_to_mark(m);
    set_items(m, items);
  };
}

void add_objects(Table& table) {
  table['c'] = push_global_lines;
  table[0x93] = push_global_from_stack;
  table['R'] = reduce;
  table['b'] = build_top;
  table[0x81] = new_object;
  table[0x92] = new_object_with_keywords;
  table['i'] = call_from_lines;
  table['o'] = call_from_stack;
  table['Q'] = [](Machine& m) { push(m, persistent(m, pop(m))); };
}

const Table& instructions() {
  static const Table table = [] {
    Table made{};
    add_stack_instructions(made);
    add_plain_values(made);
    add_texts(made);
    add_containers(made);
    add_objects(made);
    return made;
  }();
  return table;
}

}  // namespace

Ref run(Machine& machine) {
  while (!machine.stopped) {
    const auto instruction = instructions()[machine.input.number<std::uint8_t>()];
    if (!instruction) fail(machine.input.source, "an instruction that does not exist");
    instruction(machine);
  }
  return pop(machine);
}

}  // namespace seg::net::pickle
