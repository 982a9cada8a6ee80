#pragma once

#include "weights/pickle_machine.hpp"

namespace seg::net::pickle {

/// torch._utils._rebuild_tensor_v2: a view into a storage.
/// @throws Error for a view beyond the storage.
Data rebuild_tensor(Machine& machine, const Refs& arguments);
Data rebuild_parameter(Machine& machine, const Refs& arguments);

}  // namespace seg::net::pickle
