#pragma once

#include <string>
#include <vector>

#include "seg/net/checkpoint_value.hpp"
#include "seg/plan/files.hpp"

namespace seg::test {

/// What differs between a checkpoint as read and the entries recorded from Python (path, type,
/// numbers); nothing if all is well.
std::vector<std::string> compare_entries(const net::Value& root, const Json& entries);

}  // namespace seg::test
