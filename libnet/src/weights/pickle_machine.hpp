#pragma once

#include <cstring>
#include <deque>
#include <functional>
#include <string_view>
#include <unordered_map>

#include "seg/net/checkpoint_value.hpp"
#include "seg/plan/error.hpp"

namespace seg::net::pickle {

struct Object;
/// Objects live as long as the machine. Lists and dicts may be filled after they were put
/// elsewhere.
using Ref = Object*;
using Refs = std::vector<Ref>;
using Pairs = std::vector<std::pair<Ref, Ref>>;

/// A name that Python would import: module.name.
struct Global {
  std::string name;
};
struct Bytes {
  std::string data;
};
/// A storage of torch.save with the type of its elements.
struct TypedStorage {
  at::Storage storage;
  at::ScalarType type;
};
/// NumPy's dtype, for example f8, and an array that waits for its content.
struct NumpyType {
  std::string code;
};
struct EmptyArray {};

struct Object {
  std::variant<Value::None, bool, std::int64_t, double, std::string, at::Tensor, Refs, Pairs,
               Global, Bytes, TypedStorage, NumpyType, EmptyArray, Value::Opaque>
      data;
};
using Data = decltype(Object::data);

/// A block of memory that torch.save keeps outside of the pickle.
struct StorageRequest {
  std::string key;
  at::ScalarType type;
  std::uint64_t bytes;
};
using StorageLoader = std::function<at::Storage(const StorageRequest&)>;

/// Reads from a text; refuses to go beyond its end.
struct ByteReader {
  std::string_view bytes;
  std::size_t position = 0;
  std::string source;  ///< the file, for errors

  std::string_view take(std::uint64_t count);
  /// The rest of the line, without the line break.
  std::string line();
  template <typename T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }
};

/// Bytes of memory that values may take which a file does not hold itself, but by copies of what it
/// holds: sixteen times its size, and some megabytes for small files.
class CopyBudget {
 public:
  explicit CopyBudget(const ByteReader& input)
      : source_(input.source), left_(16 * input.bytes.size() + (std::size_t{16} << 20)) {}
  /// @throws Error when there is no more.
  void spend(std::size_t bytes);

 private:
  std::string source_;
  std::size_t left_;
};

/// Python's pickle machine without the power to call anything but the functions in known_functions.
struct Machine {
  ByteReader& input;
  StorageLoader load_storage;
  std::deque<Object> objects{};
  Refs stack{};
  std::vector<std::size_t> marks{};
  std::unordered_map<std::uint64_t, Ref> memo{};
  CopyBudget budget{input};
  bool stopped = false;
};

/// The error for a file that does not hold what it should.
[[noreturn]] void fail(const std::string& source, const std::string& problem);

Ref make(Machine& machine, Data data);
void push(Machine& machine, Data data);
Ref pop(Machine& machine);
Ref& top(Machine& machine);
/// Everything above the last mark, which goes too.
Refs pop_to_mark(Machine& machine);

template <typename T>
T& expect(Machine& machine, Ref object) {
  if (T* held = std::get_if<T>(&object->data)) return *held;
  fail(machine.input.source, "a value of another kind than expected");
}

/// Runs one pickle from where the input stands to its end.
/// @throws Error for truncated input, unknown instructions and calls of unknown functions.
Ref run(Machine& machine);

/// Turns what was read into plain values.
/// @throws Error for nesting without end, and a small file that stands for a huge value.
Value to_value(Machine& machine, Ref root);

/// What Python's call of a global would give.
/// @throws Error for functions that checkpoints do not need: nothing is executed.
Data call(Machine& machine, const Global& function, const Refs& arguments);

/// An object of a class made without a call (Python's cls.__new__): opaque unless known.
Data instance(Machine& machine, const Global& type, const Refs& arguments);

/// Gives an object its state.
void build(Machine& machine, Ref object, Ref state);

/// Answers a persistent id of torch.save.
Data persistent(Machine& machine, Ref id);

/// Reads one value from a plain pickle.
Value read_plain(ByteReader& input, StorageLoader load_storage);

}  // namespace seg::net::pickle
