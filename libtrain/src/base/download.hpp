#pragma once

#include <filesystem>
#include <string>

namespace seg::train {

/// Whether this is an address (http://, https://, ftp:// or file://) and not a path.
bool is_url(const std::string& text);

/// Downloads to `file` with the curl program, atomically.
/// @throws Error when there is no curl or it fails, with its reason.
void download(const std::string& url, const std::filesystem::path& file);

/// @param expected SHA-256 as 64 hexadecimal digits of either case.
/// @throws Error when the file has another one, or the sha256sum program is not there.
void check_sha256(const std::filesystem::path& file, const std::string& expected);

}  // namespace seg::train
