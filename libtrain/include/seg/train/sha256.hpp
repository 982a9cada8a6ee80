#pragma once

#include <filesystem>
#include <string>

namespace seg::train {

/// The SHA-256 of a file's content as 64 lower-case hexadecimal digits.
/// @throws Error when the file cannot be read.
std::string sha256_of(const std::filesystem::path& file);

/// That of a text.
std::string sha256_of_text(const std::string& text);

/// @param expected SHA-256 as 64 hexadecimal digits of either case.
/// @throws Error when the file has another one.
void check_sha256(const std::filesystem::path& file, const std::string& expected);

}  // namespace seg::train
