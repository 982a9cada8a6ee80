#include <cstdint>
#include <fstream>
#include <iomanip>
#include <limits>
#include <ostream>
#include <stdexcept>

#include "seg/net/checkpoint_file.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"

namespace seg::net {
namespace {

/// One overload for each kind of value, in the instructions of Python's pickle machine.
struct PickleWriter {
  std::ostream& out;

  void write(const Value& value) { std::visit(*this, value.data); }

  void operator()(const Value::None&) { out << 'N'; }
  void operator()(bool value) { out << (value ? "I01\n" : "I00\n"); }
  void operator()(std::int64_t value) { out << 'I' << value << '\n'; }
  void operator()(double value) {
    out << 'F' << std::setprecision(std::numeric_limits<double>::max_digits10) << value << '\n';
  }
  void operator()(const std::string& text) {
    out << 'X';
    const auto size = static_cast<std::uint32_t>(text.size());
    for (int shift = 0; shift < 32; shift += 8) out << static_cast<char>(size >> shift & 0xFF);
    out << text;
  }
  void operator()(const Value::List& list) {
    out << '(';
    for (const Value& entry : list) write(entry);
    out << 'l';
  }
  void operator()(const Value::Dict& dict) {
    out << '(';
    for (const auto& [key, entry] : dict) {
      write(key);
      write(entry);
    }
    out << 'd';
  }
  void operator()(const Value::Opaque& opaque) {
    const auto dot = opaque.what.rfind('.');
    if (dot == std::string::npos) throw std::logic_error(opaque.what + " names no module");
    out << 'c' << opaque.what.substr(0, dot) << '\n' << opaque.what.substr(dot + 1) << '\n';
  }
  void operator()(const at::Tensor&) {
    throw std::logic_error("write_pickle does not write tensors");
  }
};

}  // namespace

void write_pickle(const std::filesystem::path& file, const Value& value) {
  write_atomically(file, [&](const std::filesystem::path& temporary) {
    std::ofstream stream(temporary, std::ios::binary);
    PickleWriter{stream}.write(value);
    if (!(stream << '.').flush()) throw cannot_write(file);
  });
}

}  // namespace seg::net
