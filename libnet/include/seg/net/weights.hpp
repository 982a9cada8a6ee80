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

/// Copies weights into a network. Every parameter must be there with its shape, and nothing else.
/// @param source names the file in errors.
/// @throws Error that lists what is missing, unexpected or of another shape; the network is then
/// unchanged.
void load_state_dict(Network& network, const Value& weights, const std::string& source);

struct LoadReport {
  std::vector<std::string> loaded, missing, unexpected, mismatched;
};

/// Copies what fits by name and shape, except names containing one of `fresh` (for example
/// "seg_layers"); reports the rest.
LoadReport load_matching(Network& network, const Value& weights,
                         const std::vector<std::string>& fresh);

}  // namespace seg::net
