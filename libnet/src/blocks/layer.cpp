#include "blocks/layer.hpp"

namespace seg::net {

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

}  // namespace seg::net
