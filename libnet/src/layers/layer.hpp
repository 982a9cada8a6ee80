#pragma once

#include <torch/nn/module.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace seg::net {

/// One step of a network: tensor in, tensor out, [B, C, (Z,) Y, X].
class Layer : public torch::nn::Module {
 public:
  virtual at::Tensor forward(const at::Tensor& x) = 0;
  /// forward() of tensors side by side along the channels, dropped as soon as they are used. Some
  /// layers do not join them in memory.
  virtual at::Tensor forward_joined(std::vector<at::Tensor> parts);
};

using LayerPtr = std::shared_ptr<Layer>;

/// Layers in a row, named 0, 1, 2, ... as in torch.nn.Sequential.
class Sequence : public Layer {
 public:
  explicit Sequence(std::vector<LayerPtr> layers);
  /// Names start at a number of its own.
  Sequence(std::vector<LayerPtr> layers, std::size_t first_number);
  /// One layer under a name of its own.
  Sequence(const std::string& name, LayerPtr only);

  at::Tensor forward(const at::Tensor& x) override;
  at::Tensor forward_joined(std::vector<at::Tensor> parts) override;
  const std::vector<LayerPtr>& layers() const { return layers_; }

 private:
  std::vector<LayerPtr> layers_;
};

/// A layer without parameters.
class Operation : public Layer {
 public:
  explicit Operation(std::function<at::Tensor(const at::Tensor&)> operation)
      : operation_(std::move(operation)) {}
  at::Tensor forward(const at::Tensor& x) override { return operation_(x); }

 private:
  std::function<at::Tensor(const at::Tensor&)> operation_;
};

/// A module whose children upstream lists several times or in an order of its own.
class NamedAsUpstream {
 public:
  using Children = std::vector<std::pair<std::string, std::shared_ptr<torch::nn::Module>>>;

  virtual ~NamedAsUpstream() = default;
  /// Children under all their names, in the order of upstream's state dict.
  virtual Children upstream_children() const = 0;
};

}  // namespace seg::net
