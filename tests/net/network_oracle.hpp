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
  /// Largest distance of a head in float32 from float64, as a multiple of upstream's own.
  double deviation = 0;
  /// Largest relative distance (L2) of a gradient in float32 from that in float64 with the same
  /// activations on the same sides of their kinks.
  double gradient_gap = 0;
};

/// Names, order, shapes and aliases of the state dict, the number of parameters, and as far as
/// recorded: heads and gradients in evaluation and in training mode, running statistics.
///
/// The structure is compared in float64, where nothing rounds: heads with the record, gradient
/// norms to 1e-6 with the record's float64 run. Float32 is compared with that run: heads may be 6
/// times as far from it as upstream's own. One activation that rounding moves over its kink changes
/// gradients by more than any sum's order: therefore float32's gradients are compared, norms and
/// elements, with a float64 run whose activations are held on the sides that float32 had, and what
/// was moved must lie at its kink. They may be off by what the record's README allows norms
/// (1e-3 or 5 times the recorded gap), or, which is wider than it allows, by 30 roundings of all
/// weights, but never by 1 %. A wrong sum, slope, mask or missing term shows; a flip does not.
Comparison compare_network(const NetworkRecord& record);

/// Largest difference between recorded outputs ("file", "stored_spatial_step") and those seen here;
/// infinite if their numbers differ.
double worst_difference(const Json& outputs, const std::vector<at::Tensor>& seen,
                        const std::filesystem::path& folder);

/// Reads NumPy's format as the oracles use it: version 1, float32, C order.
at::Tensor read_npy(const std::filesystem::path& file, const std::vector<std::int64_t>& shape);

}  // namespace seg::test
