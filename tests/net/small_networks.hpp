#pragma once

#include <string>
#include <vector>

#include "seg/net/network.hpp"

namespace seg::test {

struct SmallNetwork {
  std::string class_name, arguments;  ///< arch_kwargs as JSON
  std::vector<std::int64_t> patch;
};

/// Every family in 2D and 3D, as far as it has both, with what its options change of the graph.
const std::vector<SmallNetwork>& small_networks();

/// In eval mode, with weights of the fill rule; two channels in, three classes out.
std::shared_ptr<net::Network> filled_network(const SmallNetwork& description);

/// [batch, 2, patch], without symmetries.
at::Tensor input_for(const SmallNetwork& description, std::int64_t batch);

}  // namespace seg::test
