#pragma once

#include <string>

#include "seg/net/network.hpp"

namespace seg::test {

/// The number in [0, 1) that the oracles' fill rule gives to an index of a named tensor.
float fill_unit(const std::string& name, std::int64_t index);

/// t = 2u - 1 everywhere: inputs of the oracles.
at::Tensor filled_input(const std::string& name, at::IntArrayRef shape);

/// A tensor of a state dict by the fill rule, which goes by the last part of its name.
at::Tensor filled_tensor(const std::string& name, at::IntArrayRef shape);

/// Gives every parameter and buffer the value of the fill rule under its first name.
void fill(net::Network& network);

}  // namespace seg::test
