#pragma once

#include <filesystem>
#include <string>

namespace seg::app {

/// Writes a file of text whole or not at all. @throws Error when it cannot be written.
void write_text(const std::filesystem::path& file, const std::string& text);

}  // namespace seg::app
