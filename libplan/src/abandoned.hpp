#pragma once

#include <filesystem>
#include <string>

namespace seg {

/// How the name of a temporary file begins: it tells machine and process, and is taken once.
std::string temporary_prefix();

bool is_temporary(const std::string& name);

/// Removes the temporary files and folders that processes of this machine left when they were
/// killed; of a folder that this process has not looked at yet. Those of processes that live, of
/// other machines, containers and boots stay: nothing tells that nobody writes them.
void remove_abandoned_once(const std::filesystem::path& folder);

}  // namespace seg
