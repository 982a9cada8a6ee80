#include "seg/plan/files.hpp"

#include <cstring>

namespace seg {
namespace fs = std::filesystem;
namespace {

using Write = std::function<void(const fs::path&)>;

void make_folder(const fs::path& folder) {
  std::error_code code;
  if (!folder.empty()) fs::create_directories(folder, code);
  if (code) throw cannot_write(folder, code.value());
}

bool is_full(const fs::path& file, int code) {
  if (code == ENOSPC || code == EDQUOT) return true;
  std::error_code unknown;
  const fs::space_info space = fs::space(fs::absolute(file).parent_path(), unknown);
  return !unknown && space.available == 0;
}

/// Fills `temporary` and renames it to `target`; removes it when that fails.
void write_and_rename(const fs::path& temporary, const fs::path& target, const Write& write) {
  std::error_code ignored;
  try {
    write(temporary);
    fs::rename(temporary, target);
  } catch (const fs::filesystem_error& error) {
    fs::remove_all(temporary, ignored);
    throw cannot_write(target, error.code().value());
  } catch (...) {
    fs::remove_all(temporary, ignored);
    throw;
  }
}

// The ending stays at the end, because image writers choose the format by it.
fs::path temporary_beside(const fs::path& target) {
  return target.parent_path() / (".writing-" + target.filename().string());
}

fs::path without_final_slash(const fs::path& folder) {
  return folder.has_filename() ? folder : folder.parent_path();
}

}  // namespace

Error cannot_write(const fs::path& file, int code) {
  const std::string reason = code == 0 ? "" : std::string(" (") + std::strerror(code) + ")";
  if (is_full(file, code))
    return {ErrorKind::no_space, {file.string(), "cannot be written" + reason, "free space"}};
  return {ErrorKind::not_writable,
          {file.string(), "cannot be written" + reason, "check permissions and free space"}};
}

void write_atomically(const fs::path& file, const Write& write) {
  make_folder(file.parent_path());
  write_and_rename(temporary_beside(file), file, write);
}

void write_folder_atomically(const fs::path& folder, const Write& write) {
  const fs::path target = without_final_slash(folder.lexically_normal());
  if (fs::exists(target) && !(fs::is_directory(target) && fs::is_empty(target)))
    throw Error(target.string(), "is there already", "choose another folder or remove it");
  const fs::path temporary = temporary_beside(target);
  fs::remove_all(temporary);
  make_folder(temporary);
  write_and_rename(temporary, target, write);
}

}  // namespace seg
