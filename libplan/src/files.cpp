#include "seg/plan/files.hpp"

#include <fstream>
#include <sstream>

#include "python_json.hpp"
#include "seg/plan/durable.hpp"

namespace seg {
namespace fs = std::filesystem;

namespace {

std::string read_text(const fs::path& file) {
  std::error_code code;
  if (!fs::exists(file, code))
    throw Error(ErrorKind::not_found, {file.string(), "there is no such file"});
  if (fs::is_directory(file, code)) throw Error(file.string(), "is a folder, not a file");
  if (!fs::is_regular_file(file, code)) throw Error(file.string(), "is not a file");
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) throw Error(file.string(), "cannot be read", "check its permissions");
  return text.str();
}

}  // namespace

Json read_json(const fs::path& file) {
  const std::string text = read_text(file);
  if (text.empty()) throw Error(file.string(), "is empty", "expected JSON");
  return parse_python_json(text, file.string());
}

void write_json(const fs::path& file, const Json& value) {
  write_text_file(file, to_python_json(value));
}

void write_text_file(const fs::path& file, const std::string& text) {
  write_atomically(file, [&](const fs::path& temporary) {
    std::ofstream stream(temporary, std::ios::binary);
    stream << text << std::flush;
    if (!stream) throw cannot_write(file);
    stream.close();
    wait_for_disk(temporary);
  });
}

}  // namespace seg
