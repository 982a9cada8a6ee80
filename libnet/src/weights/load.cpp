#include <map>
#include <set>

#include "seg/net/weights.hpp"
#include "seg/plan/error.hpp"

namespace seg::net {
namespace {

using Names = std::vector<std::string>;

struct Match {
  std::vector<std::pair<at::Tensor, at::Tensor>> copies;  ///< (to, from)
  LoadReport report;
};

std::string strip_wrappers(std::string name) {
  for (const std::string wrapper : {"module.", "_orig_mod.", "module."}) {
    if (name.rfind(wrapper, 0) == 0) name.erase(0, wrapper.size());
  }
  return name;
}

// Tensors by name; entries that are no tensors are undefined ones.
std::map<std::string, at::Tensor> tensors_of(const Value& weights, const std::string& source) {
  std::map<std::string, at::Tensor> tensors;
  for (const auto& [key, value] :
       weights.as<Value::Dict>(source + ": the entry with the weights")) {
    const auto* name = std::get_if<std::string>(&key.data);
    const auto* tensor = std::get_if<at::Tensor>(&value.data);
    if (name) tensors[strip_wrappers(*name)] = tensor ? *tensor : at::Tensor();
  }
  return tensors;
}

bool contains_one_of(const std::string& name, const Names& parts) {
  for (const auto& part : parts) {
    if (name.find(part) != std::string::npos) return true;
  }
  return false;
}

bool is_counter(const std::string& name) {
  return name.substr(name.rfind('.') + 1) == "num_batches_tracked";
}

// The shape as a person writes it; a single number is 1.
std::string text(const at::Tensor& tensor) {
  return tensor.dim() == 0 ? "1" : c10::Join("x", tensor.sizes());
}

// All names of one tensor, the first first.
using NamesOfTensor = std::vector<std::pair<at::Tensor, Names>>;

NamesOfTensor names_by_tensor(const StateDict& state) {
  NamesOfTensor result;
  std::map<const void*, std::size_t> places;
  for (const auto& [name, tensor] : state) {
    const auto [place, is_new] = places.emplace(tensor.unsafeGetTensorImpl(), result.size());
    if (is_new) result.push_back({tensor, {}});
    result[place->second].second.push_back(name);
  }
  return result;
}

// The tensor under the last of `names` that is there, as upstream's loop over names leaves it.
const at::Tensor* last_given(const std::map<std::string, at::Tensor>& given, const Names& names) {
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    const auto found = given.find(*name);
    if (found != given.end() && found->second.defined()) return &found->second;
  }
  return nullptr;
}

void match_one(Match& match, const std::pair<at::Tensor, Names>& own, const at::Tensor* given) {
  const auto& [tensor, names] = own;
  const auto& name = names.front();
  if (!given) {
    if (!is_counter(name)) match.report.missing.push_back(name);
  } else if (given->sizes() != tensor.sizes()) {
    match.report.mismatched.push_back(name + " (" + text(*given) + " in the file, " + text(tensor) +
                                      " in the network)");
  } else {
    match.copies.emplace_back(tensor, *given);
    match.report.loaded.push_back(name);
  }
}

Match match_weights(const Network& network, const std::map<std::string, at::Tensor>& given,
                    const Names& fresh) {
  Match match;
  std::set<std::string> known;
  for (const auto& own : names_by_tensor(state_dict(network))) {
    known.insert(own.second.begin(), own.second.end());
    if (contains_one_of(own.second.front(), fresh)) {
      match.report.fresh.push_back(own.second.front());
    } else {
      match_one(match, own, last_given(given, own.second));
    }
  }
  for (const auto& [name, tensor] : given) {
    if (!known.count(name)) match.report.unexpected.push_back(name);
  }
  return match;
}

void copy_all(const Match& match) {
  const at::NoGradGuard no_gradients;
  for (const auto& [to, from] : match.copies) to.copy_(from);
}

std::string shortened(const Names& names, const std::string& what) {
  if (names.empty()) return "";
  const auto shown =
      at::ArrayRef<std::string>(names).slice(0, std::min<std::size_t>(3, names.size()));
  return c10::str(" [", names.size(), " ", what, ": ", c10::Join(", ", shown),
                  shown.size() < names.size() ? ", ...]" : "]");
}

}  // namespace

void load_state_dict(Network& network, const Value& weights, const std::string& source) {
  const auto match = match_weights(network, tensors_of(weights, source), {});
  const auto differences = shortened(match.report.missing, "missing") +
                           shortened(match.report.unexpected, "unexpected") +
                           shortened(match.report.mismatched, "of another shape");
  if (!differences.empty()) {
    throw Error(source, "the weights are those of another network:" + differences,
                "use the plan that they were trained with");
  }
  copy_all(match);
}

LoadReport load_matching(Network& network, const Value& weights, const Names& fresh) {
  const auto match = match_weights(network, tensors_of(weights, "pretrained weights"), fresh);
  copy_all(match);
  return match.report;
}

}  // namespace seg::net
