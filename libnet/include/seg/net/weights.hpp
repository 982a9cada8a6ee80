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
/// Names may start with "module." or "_orig_mod.".
/// @param weights a dict of tensors by name.
/// @param source names the file in errors.
/// @throws Error that lists what is missing, unexpected or of another shape; the network is then
/// unchanged.
void load_state_dict(Network& network, const Value& weights, const std::string& source);

/// Names of tensors, each under its first name.
struct LoadReport {
  std::vector<std::string> loaded;
  std::vector<std::string> fresh;       ///< left out on request
  std::vector<std::string> missing;     ///< not in the file
  std::vector<std::string> unexpected;  ///< only in the file
  std::vector<std::string> mismatched;  ///< of another shape; with both shapes
};

/// Copies what fits by name and shape, except names containing one of `fresh` (for example
/// "seg_layers"); reports the rest. Names are understood as in load_state_dict.
LoadReport load_matching(Network& network, const Value& weights,
                         const std::vector<std::string>& fresh);

}  // namespace seg::net
