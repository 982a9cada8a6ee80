#pragma once

#include <string>
#include <vector>

#include "seg/net/checkpoint_value.hpp"
#include "seg/net/network.hpp"

namespace seg::net {

/// Named tensors in upstream's order and under upstream's names, aliases included.
using StateDict = std::vector<std::pair<std::string, at::Tensor>>;

/// Parameters and buffers of a network as upstream's state_dict() has them.
StateDict state_dict(const Network& network);

/// Copies weights into a network, all or nothing. Every tensor must be there with its shape under
/// at least one of its names, and nothing else may; only counters of batch norm may be missing.
/// "module." and "_orig_mod." in names are ignored.
/// @param weights a dict of tensors by name.
/// @param source names the file in errors.
/// @throws Error that lists what is missing, unexpected or of another shape; the network is then
/// unchanged.
void load_state_dict(Network& network, const Value& weights, const std::string& source);

}  // namespace seg::net
