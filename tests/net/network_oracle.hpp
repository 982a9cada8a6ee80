#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "seg/net/network.hpp"

namespace seg::test {

/// A recorded network of upstream's: NAME.json with the .npy files beside it.
struct NetworkRecord {
  Json json;
  std::filesystem::path folder;
};

NetworkRecord read_network_record(const std::filesystem::path& file);

/// Reads NumPy's format as the oracles use it: version 1, float32, C order.
at::Tensor read_npy(const std::filesystem::path& file, const std::vector<std::int64_t>& shape);

/// What differs from the record; nothing if all is well.
using Differences = std::vector<std::string>;

/// The network of the record, filled by the fill rule.
std::shared_ptr<net::Network> recorded_network(const NetworkRecord& record);

/// Names, order, shapes and aliases of the state dict, and the number of parameters.
Differences compare_names(const NetworkRecord& record, const net::Network& network);

/// Heads and gradient norms in evaluation mode, as far as recorded.
Differences compare_outputs(const NetworkRecord& record, net::Network& network);

/// Heads, gradient norms and running statistics of one pass in training mode, as far as recorded.
Differences compare_training(const NetworkRecord& record, net::Network& network);

}  // namespace seg::test
