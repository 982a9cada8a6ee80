#pragma once

#include <cerrno>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "seg/plan/error.hpp"

namespace seg {

/// JSON whose objects keep the order of the file: channel order in dataset.json is that order.
using Json = nlohmann::ordered_json;

/// Reads a JSON file. Bare NaN, Infinity and -Infinity, which Python writes, are accepted.
/// @throws Error naming the file, and the line for text that is not JSON.
Json read_json(const std::filesystem::path& file);

/// Writes JSON as Python's json.dump(indent=4) would (NaN stays a bare NaN), atomically.
void write_json(const std::filesystem::path& file, const Json& value);

/// Writes a text to the disk, atomically. @throws Error when it cannot be written.
void write_text_file(const std::filesystem::path& file, const std::string& text);

/// Calls `write` with a temporary name beside `file`, then renames it onto `file`; creates parent
/// folders. When `write` throws, the temporary file is removed and an earlier `file` stays as it
/// was. Of several processes that write one file at once the last one wins, whole. A process's
/// first call in a folder also removes what processes of this machine left there when they were
/// killed.
/// @throws Error when the folder cannot be made or written (ErrorKind::not_writable or no_space),
/// or `file` is a device or a pipe, which would be replaced.
void write_atomically(const std::filesystem::path& file,
                      const std::function<void(const std::filesystem::path& temporary)>& write);

/// The same for a whole folder: `write` fills an empty temporary folder beside it.
/// @throws Error when `folder` is there already and not empty.
void write_folder_atomically(
    const std::filesystem::path& folder,
    const std::function<void(const std::filesystem::path& temporary)>& write);

/// A name in the same folder that no other process takes, however long the target's own is; the
/// same ending: .writing-<machine>-<process>-<random>-<end of the name>. Nothing is made.
std::filesystem::path temporary_beside(const std::filesystem::path& target);

/// Removes what processes that were killed left in a folder of files under such names that end like
/// this. Only for those who hold the lock of the folder, see FolderLock.
void remove_half_written(const std::filesystem::path& folder, const std::string& ending);
/// What to throw when `file` could not be written, for the reason `code` if that is not 0:
/// ErrorKind::no_space when its disk or the user's quota is full, else not_writable.
Error cannot_write(const std::filesystem::path& file, int code = errno);

}  // namespace seg
