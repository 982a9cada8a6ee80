#pragma once

#include <torch/csrc/jit/ir/ir.h>

#include <memory>

#include "seg/net/network.hpp"

namespace seg::net {

/// What a network in prediction does, as a graph of LibTorch's operations for another program to
/// compute, without any kernel of seg's own. Nothing is computed for it. The graph has one input,
/// x [B, C, (Z,) Y, X] with any B, and one output, the logits of the first head; weights are its
/// constants and share their memory with the network, which can be trained no more.
/// @param shape of x; the patch that the graph is for.
/// @throws Error as Network::forward().
std::shared_ptr<torch::jit::Graph> record(Network& network, at::IntArrayRef shape);

}  // namespace seg::net
