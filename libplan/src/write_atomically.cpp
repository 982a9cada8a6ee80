#include "seg/plan/files.hpp"

#include <cstring>

#include "abandoned.hpp"
#include "seg/plan/intention.hpp"

namespace seg {
namespace fs = std::filesystem;
namespace {

using Write = std::function<void(const fs::path&)>;

constexpr std::size_t kKeptOfName = 32;  // the longest name that a file system takes has 255 bytes

void make_folder(const fs::path& folder) {
  std::error_code code;
  if (!folder.empty()) fs::create_directories(folder, code);
  if (code) throw cannot_write(folder, code.value());
}

bool is_full(const fs::path& file, int code) {
  if (code == ENOSPC || code == EDQUOT) return true;
  std::error_code unknown;
  const fs::space_info space = fs::space(fs::absolute(file).parent_path(), unknown);
  return !unknown && space.capacity > 0 && space.available == 0;  // /proc has no room at all
}

Error occupied(const fs::path& folder) {
  return {folder.string(), "is there already", "choose another folder or remove it"};
}

Error not_written(const fs::path& target, const std::error_code& code) {
  if (code == std::errc::directory_not_empty || code == std::errc::file_exists)
    return occupied(target);
  return cannot_write(target, code.value());
}

/// A file would take the place of the device or pipe, for all programs.
void refuse_device(const fs::path& target) {
  std::error_code not_there;
  if (fs::is_other(target, not_there))
    throw Error(ErrorKind::not_writable,
                {target.string(), "is a device or a pipe, not a file", "give the name of a file"});
}

/// What a writer says of its temporary file is said of the one that is meant.
Error about_target(const Error& error, const fs::path& temporary, const fs::path& target) {
  ErrorParts parts = error.parts();
  if (parts.where == temporary.string()) parts.where = target.string();
  return {error.kind(), parts};
}

/// Fills `temporary` and renames it to `target`; removes it when that fails.
void write_and_rename(const fs::path& temporary, const fs::path& target, const Write& write) {
  std::error_code ignored;
  try {
    write(temporary);
    fs::rename(temporary, target);
  } catch (const fs::filesystem_error& error) {
    fs::remove_all(temporary, ignored);
    throw not_written(target, error.code());
  } catch (const Error& error) {
    fs::remove_all(temporary, ignored);
    throw about_target(error, temporary, target);
  } catch (...) {
    fs::remove_all(temporary, ignored);
    throw;
  }
}

/// Whole characters of UTF-8 from the end of a name; image writers choose the format by its ending.
std::string end_of(const std::string& name) {
  std::size_t start = name.size() > kKeptOfName ? name.size() - kKeptOfName : 0;
  while (start < name.size() && (name[start] & 0xC0) == 0x80) ++start;
  return name.substr(start);
}

fs::path without_final_slash(const fs::path& folder) {
  return folder.has_filename() ? folder : folder.parent_path();
}

}  // namespace

fs::path temporary_beside(const fs::path& target) {
  return target.parent_path() / (temporary_prefix() + end_of(target.filename().string()));
}

Error cannot_write(const fs::path& file, int code) {
  const std::string reason = code == 0 ? "" : std::string(" (") + std::strerror(code) + ")";
  if (is_full(file, code))
    return {ErrorKind::no_space, {file.string(), "cannot be written" + reason, "free space"}};
  return {ErrorKind::not_writable,
          {file.string(), "cannot be written" + reason, "check permissions and free space"}};
}

void write_atomically(const fs::path& file, const Write& write) {
  refuse_device(file);
  make_folder(file.parent_path());
  remove_abandoned_once(file.parent_path());
  write_and_rename(temporary_beside(file), file, write);
}

void require_free_folder(const fs::path& folder) {
  if (fs::exists(folder) && !(fs::is_directory(folder) && fs::is_empty(folder)))
    throw occupied(folder);
}

void write_folder_atomically(const fs::path& folder, const Write& write) {
  const fs::path target = without_final_slash(folder.lexically_normal());
  require_free_folder(target);
  const fs::path temporary = temporary_beside(target);
  make_folder(temporary);
  remove_abandoned_once(target.parent_path());
  write_and_rename(temporary, target, write);
}

void remove_half_written(const fs::path& folder, const std::string& ending) {
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(folder, code)) {
    const std::string name = entry.path().filename().string();
    if (is_temporary(name) && name.ends_with(ending)) fs::remove_all(entry.path(), code);
  }
}

}  // namespace seg
