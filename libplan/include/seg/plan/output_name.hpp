#pragma once

#include <filesystem>
#include <string>

#include "seg/plan/error.hpp"

namespace seg {

// What an output is called is looked at before anything is computed for it.

/// Whether a name ends so, in lower or upper case: "a.HTML" in ".html".
bool has_ending(const std::filesystem::path& file, const std::string& ending);

/// Whether a path is written as a file's: its last name ends in a dot, a letter and up to four
/// letters or digits ("out.xyz", but neither "out.2", "run.v2" nor "out.xyz/").
bool is_written_as_file(const std::filesystem::path& path);

/// @throws Error for an output that is to be a folder, but is a file, or is not there and written
/// as a file.
void require_folder_name(const std::filesystem::path& output);

/// @throws Error for an output that is to be a file of this ending, such as ".zip", but has
/// another one or is a folder.
void require_file_name(const std::filesystem::path& output, const std::string& ending);

/// What to throw for an output that is there already and may be all that somebody has of it.
/// @param what it is, such as "is there already".
Error would_be_replaced(const std::filesystem::path& output, const std::string& what);

}  // namespace seg
