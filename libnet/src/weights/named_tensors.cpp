#include "weights/named_tensors.hpp"

#include "seg/plan/error.hpp"

namespace seg::net {
namespace {

std::string without_wrappers(std::string name) {
  for (const std::string wrapper : {"module.", "_orig_mod."}) {
    for (auto at = name.find(wrapper); at != std::string::npos; at = name.find(wrapper)) {
      name.erase(at, wrapper.size());
    }
  }
  return name;
}

// The shape as a person writes it; a single number is 1.
std::string shape_text(const at::Tensor& tensor) {
  return tensor.dim() == 0 ? "1" : c10::Join("x", tensor.sizes());
}

}  // namespace

std::vector<OwnTensor> own_tensors(const Network& network) {
  std::vector<OwnTensor> result;
  std::map<const void*, std::size_t> places;
  for (const auto& [name, tensor] : state_dict(network)) {
    const auto [place, is_new] = places.emplace(tensor.unsafeGetTensorImpl(), result.size());
    if (is_new) result.push_back({tensor, {}});
    result[place->second].names.push_back(name);
  }
  return result;
}

TensorsByName tensors_of(const Value& weights, const std::string& source) {
  TensorsByName tensors;
  for (const auto& [key, value] :
       weights.as<Value::Dict>(source + ": the entry with the weights")) {
    const auto* name = std::get_if<std::string>(&key.data);
    const auto* tensor = std::get_if<at::Tensor>(&value.data);
    if (name) tensors[without_wrappers(*name)] = tensor ? *tensor : at::Tensor();
  }
  return tensors;
}

const at::Tensor* last_given(const TensorsByName& given, const Names& names) {
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    const auto found = given.find(*name);
    if (found != given.end() && found->second.defined()) return &found->second;
  }
  return nullptr;
}

bool is_counter(const std::string& name) {
  return name.substr(name.rfind('.') + 1) == "num_batches_tracked";
}

std::string shape_difference(const std::string& name, const at::Tensor& given,
                             const at::Tensor& own) {
  return name + " (" + shape_text(given) + " in the file, " + shape_text(own) + " in the network)";
}

std::string shortened(const Names& names, const std::string& what) {
  const auto shown =
      at::ArrayRef<std::string>(names).slice(0, std::min<std::size_t>(3, names.size()));
  return c10::str(names.size(), " ", what, ": ", c10::Join(", ", shown),
                  shown.size() < names.size() ? ", ..." : "");
}

void copy_all(const std::vector<std::pair<at::Tensor, at::Tensor>>& copies) {
  const at::NoGradGuard no_gradients;
  for (const auto& [to, from] : copies) to.copy_(from);
}

}  // namespace seg::net
