#pragma once

#include <filesystem>
#include <string>

namespace seg {

// What a command would do, as lines for a person.

/// "replaces PATH" for what is there, "writes PATH" for what is not.
inline std::string to_write(const std::filesystem::path& path) {
  std::error_code unreadable;
  return (std::filesystem::exists(path, unreadable) ? "replaces " : "writes ") + path.string();
}

/// "removes PATH"
inline std::string to_remove(const std::filesystem::path& path) {
  return "removes " + path.string();
}

/// "leaves PATH, which is ..."
inline std::string to_leave(const std::filesystem::path& path, const std::string& why) {
  return "leaves " + path.string() + ", which " + why;
}

/// @throws Error as write_folder_atomically() does for a folder that is there already.
void require_free_folder(const std::filesystem::path& folder);

}  // namespace seg
