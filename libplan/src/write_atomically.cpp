#include "seg/plan/files.hpp"

#include <cctype>
#include <fstream>
#include <sstream>

#include "seg/plan/error.hpp"

namespace seg {
namespace fs = std::filesystem;

void write_atomically(const fs::path& file, const std::function<void(const fs::path&)>& write) {
  std::error_code code;
  if (file.has_parent_path()) fs::create_directories(file.parent_path(), code);
  if (code)
    throw Error(file.parent_path().string(), "cannot make the folder (" + code.message() + ")");
  // The ending stays at the end, because image writers choose the format by it.
  const fs::path temporary = file.parent_path() / (".writing-" + file.filename().string());
  try {
    write(temporary);
    fs::rename(temporary, file);
  } catch (const fs::filesystem_error& error) {
    fs::remove(temporary, code);
    throw Error(file.string(), "cannot write (" + error.code().message() + ")",
                "check permissions and free space");
  } catch (...) {
    fs::remove(temporary, code);
    throw;
  }
}

}  // namespace seg
