#pragma once

#include <functional>
#include <optional>

#include "layers/arguments.hpp"
#include "layers/layer.hpp"

namespace seg::net {

/// Works in place on its argument where it can.
using Activation = std::function<at::Tensor(at::Tensor)>;
class Norm;
/// Makes the norm for a number of channels.
using NormMaker = std::function<std::shared_ptr<Norm>(std::int64_t channels)>;
using Dropout = std::function<at::Tensor(const at::Tensor& x, bool training)>;

/// What all convolution blocks of a network share. An empty function stands for no such step.
struct LayerStyle {
  std::size_t dimensions = 3;
  bool conv_bias = false;
  NormMaker norm;
  Dropout dropout;
  Activation activation;
  std::optional<double> leaky_slope;  ///< of the activation, if it is a (leaky) ReLU
  bool activation_first = false;      ///< activation before norm
};

/// Reads conv_op, conv_bias, norm_op, dropout_op, nonlin, their arguments, and nonlin_first.
/// @throws Error for a class that seg does not have (lists those it has).
LayerStyle layer_style(const Arguments& arguments);

/// A norm by kind (batch, group, instance) with PyTorch's arguments. @throws Error for others.
NormMaker norm_maker(const std::string& kind, const Arguments& arguments);

/// An activation by kind (elu, gelu, leakyrelu, relu, swish) with PyTorch's arguments.
/// @throws Error for others.
Activation activation_maker(const std::string& kind, const Arguments& arguments);

/// The style's keys in a plan.
const std::vector<std::string>& layer_style_keys();

}  // namespace seg::net
