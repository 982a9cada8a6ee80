#include "layers/layer.hpp"
#include "seg/net/weights.hpp"

namespace seg::net {
namespace {

NamedAsUpstream::Children children_of(const torch::nn::Module& module) {
  if (const auto* named = dynamic_cast<const NamedAsUpstream*>(&module)) {
    return named->upstream_children();
  }
  NamedAsUpstream::Children children;
  for (const auto& child : module.named_children()) {
    children.emplace_back(child.key(), child.value());
  }
  return children;
}

void collect(const torch::nn::Module& module, const std::string& prefix, StateDict& state) {
  for (const auto& item : module.named_parameters(false)) {
    state.emplace_back(prefix + item.key(), item.value());
  }
  for (const auto& item : module.named_buffers(false)) {
    state.emplace_back(prefix + item.key(), item.value());
  }
  for (const auto& [name, child] : children_of(module)) collect(*child, prefix + name + ".", state);
}

}  // namespace

StateDict state_dict(const Network& network) {
  StateDict state;
  collect(network, "", state);
  return state;
}

}  // namespace seg::net
