#pragma once

#include <filesystem>
#include <string>

namespace seg::data {

/// Where a part of seg that is loaded only when it is needed lies: libseg_NAME.so in ../lib/seg of
/// the program's folder, or in seg/ beside the shared library. It need not be there.
std::filesystem::path plugin_file(const std::string& name);

/// A function that a plugin exports; the plugin stays loaded.
/// @throws Error (not_found) when this build lacks the plugin, or it cannot be loaded.
void* plugin_function(const std::string& name, const std::string& function);

/// Why a plugin cannot be used: it is not there, or a library that it needs. Nothing if it can; it
/// stays loaded.
std::string plugin_problem(const std::string& name);

}  // namespace seg::data
