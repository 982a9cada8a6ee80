#pragma once

#include "weights/pickle_machine.hpp"

namespace seg::net::pickle {

/// Whether this is the stream that torch.save wrote before version 1.6.
bool is_legacy(std::string_view bytes);

/// Reads that stream: magic number, protocol, system, value, keys, and one block of memory per key.
Value read_legacy(ByteReader& input);

}  // namespace seg::net::pickle
