#pragma once

#include <filesystem>
#include <string>

namespace seg::train {

/// Whether this is an address (http://, https://, ftp:// or file://) and not a path.
bool is_url(const std::string& text);

/// What the file at an address is called.
std::string file_name_of(const std::string& url);

/// Downloads to `file`, atomically, by the plugin "download" (libcurl).
/// @throws Error when it fails, with its reason, or this build lacks the plugin.
void download(const std::string& url, const std::filesystem::path& file);

/// What the plugin exports as "seg_download": writes `file`, and gives null, or what went wrong.
using Download = const char*(const char* url, const char* file);

}  // namespace seg::train
