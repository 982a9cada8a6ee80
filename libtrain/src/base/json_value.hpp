#pragma once

#include "seg/net/checkpoint_value.hpp"
#include "seg/plan/files.hpp"

namespace seg::train {

/// JSON as Python's json.load would have it in a checkpoint, and back, where tensors become lists,
/// numbers that are keys texts, and opaque objects null.
net::Value value_of(const Json& json);
Json json_of(const net::Value& value);

}  // namespace seg::train
