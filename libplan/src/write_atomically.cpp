#include "seg/plan/files.hpp"

#include "seg/plan/error.hpp"

namespace seg {
namespace fs = std::filesystem;
namespace {

using Write = std::function<void(const fs::path&)>;

void make_folder(const fs::path& folder) {
  std::error_code code;
  if (!folder.empty()) fs::create_directories(folder, code);
  if (code) throw Error(folder.string(), "cannot make the folder (" + code.message() + ")");
}

/// Fills `temporary` and renames it to `target`; removes it when that fails.
void write_and_rename(const fs::path& temporary, const fs::path& target, const Write& write) {
  std::error_code ignored;
  try {
    write(temporary);
    fs::rename(temporary, target);
  } catch (const fs::filesystem_error& error) {
    fs::remove_all(temporary, ignored);
    throw Error(target.string(), "cannot write (" + error.code().message() + ")",
                "check permissions and free space");
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
