#pragma once

#include <string>

#include "seg/plan/error.hpp"

namespace seg {

/// Whether a name that was given or read can name a file or a folder inside another folder: it is
/// neither empty nor "." or "..", has no slash, line break or other control character, and is
/// UTF-8, as the names in JSON files are.
bool is_file_name(const std::string& name);

/// Whether such a name also begins with no dot, and so is no hidden file, and has no backslash,
/// which leads elsewhere on other systems.
bool is_plain_name(const std::string& name);

/// Whether a text is UTF-8.
bool is_utf8(const std::string& text);

/// A name that becomes part of a path, and what it is a name of ("plans_name").
struct NameInFile {
  std::string source, what, name;
};
/// @throws Error naming the source for a name that is_file_name() refuses.
void require_file_name(const NameInFile& found);

}  // namespace seg
