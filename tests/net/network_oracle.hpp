#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "seg/net/network.hpp"

namespace seg::test {

/// A recorded network of upstream's (NAME.json with .npy files beside it), and the same built here.
struct NetworkRecord {
  Json json;
  std::filesystem::path folder;
  std::shared_ptr<net::Network> network;
};

NetworkRecord read_network_record(const std::filesystem::path& file);

struct Comparison {
  std::vector<std::string> differences;  ///< none if all is well
  double deviation = 0;                  ///< largest of all heads
};

/// Names, order, shapes and aliases of the state dict, the number of parameters, and as far as
/// recorded: heads and gradient norms in evaluation and in training mode, running statistics.
Comparison compare_network(const NetworkRecord& record);

/// Largest difference between recorded outputs ("file", "stored_spatial_step") and those seen here;
/// infinite if their numbers differ.
double worst_difference(const Json& outputs, const std::vector<at::Tensor>& seen,
                        const std::filesystem::path& folder);

/// Reads NumPy's format as the oracles use it: version 1, float32, C order.
at::Tensor read_npy(const std::filesystem::path& file, const std::vector<std::int64_t>& shape);

}  // namespace seg::test
