#include "layers/layer.hpp"

namespace seg::net {

at::Tensor Layer::forward_joined(std::vector<at::Tensor> parts) {
  const at::Tensor joined = at::cat(parts, 1);
  parts.clear();
  return forward(joined);
}

Sequence::Sequence(std::vector<LayerPtr> layers) : Sequence(std::move(layers), 0) {}

Sequence::Sequence(std::vector<LayerPtr> layers, std::size_t first_number)
    : layers_(std::move(layers)) {
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    register_module(std::to_string(first_number + i), layers_[i]);
  }
}

Sequence::Sequence(const std::string& name, LayerPtr only) : layers_{std::move(only)} {
  register_module(name, layers_.front());
}

at::Tensor Sequence::forward(const at::Tensor& x) {
  at::Tensor result = x;
  for (const auto& layer : layers_) result = layer->forward(result);
  return result;
}

at::Tensor Sequence::forward_joined(std::vector<at::Tensor> parts) {
  at::Tensor result = layers_.front()->forward_joined(std::move(parts));
  for (std::size_t i = 1; i < layers_.size(); ++i) result = layers_[i]->forward(result);
  return result;
}

}  // namespace seg::net
