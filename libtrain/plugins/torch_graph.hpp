#pragma once

#include <torch/csrc/jit/ir/ir.h>

#include <memory>
#include <openvino/core/model.hpp>

namespace seg::train {

/// Dynamic for a type that no network of seg's has.
ov::element::Type element_of(at::ScalarType scalar);

/// A graph of LibTorch's operations as OpenVINO's own. Its constants stay in the graph's memory.
/// @param shape of the graph's only input.
/// @throws std::runtime_error that names the operations which OpenVINO does not have.
std::shared_ptr<ov::Model> model_of(const torch::jit::Graph& graph, const ov::Shape& shape);

}  // namespace seg::train
