#include <set>

#include "seg/plan/error.hpp"
#include "weights/named_tensors.hpp"

namespace seg::net {
namespace {

struct Differences {
  Names missing, unexpected, mismatched;

  std::string text() const {
    std::string result;
    if (!missing.empty()) result += " [" + shortened(missing, "missing") + "]";
    if (!unexpected.empty()) result += " [" + shortened(unexpected, "unexpected") + "]";
    if (!mismatched.empty()) result += " [" + shortened(mismatched, "of another shape") + "]";
    return result;
  }
};

void compare_one(Differences& differences, const OwnTensor& own, const at::Tensor* given) {
  const auto& name = own.names.front();
  if (!given) {
    if (!is_counter(name)) differences.missing.push_back(name);
  } else if (given->sizes() != own.tensor.sizes()) {
    differences.mismatched.push_back(shape_difference(name, *given, own.tensor));
  }
}

Differences compare(const std::vector<OwnTensor>& network, const TensorsByName& given) {
  Differences differences;
  std::set<std::string> known;
  for (const auto& own : network) {
    known.insert(own.names.begin(), own.names.end());
    compare_one(differences, own, last_given(given, own.names));
  }
  for (const auto& [name, tensor] : given) {
    if (!known.count(name)) differences.unexpected.push_back(name);
  }
  return differences;
}

}  // namespace

void load_state_dict(Network& network, const Value& weights, const std::string& source) {
  const auto own = own_tensors(network);
  const auto given = tensors_of(weights, source);
  const auto differences = compare(own, given).text();
  if (!differences.empty()) {
    throw Error(ErrorKind::bad_model,
                {source, "the weights are those of another network:" + differences,
                 "use the plan that they were trained with"});
  }
  std::vector<std::pair<at::Tensor, at::Tensor>> copies;
  for (const auto& [tensor, names] : own) {
    if (const auto* found = last_given(given, names)) copies.emplace_back(tensor, *found);
  }
  copy_all(copies);
}

}  // namespace seg::net
