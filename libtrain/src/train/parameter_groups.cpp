#include "train/parameter_groups.hpp"

#include <set>

#include "seg/net/pretrained.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/joined.hpp"

namespace seg::train {
namespace {

std::string first_parts(const net::Network& network) {
  std::set<std::string> parts;
  for (const auto& entry : network.named_parameters())
    parts.insert(entry.key().substr(0, entry.key().find('.')));
  return joined(parts);
}

void freeze(const net::Network& network, const std::string& prefix) {
  bool found = false;
  for (const auto& entry : network.named_parameters()) {
    if (!entry.key().starts_with(prefix)) continue;
    entry.value().set_requires_grad(false);
    found = true;
  }
  if (!found)
    throw Error(SettingValue{"freeze", prefix}, "no parameter begins with that",
                "names begin with " + first_parts(network));
}

}  // namespace

std::vector<ParameterGroup> parameter_groups(net::Network& network, const Recipe& recipe) {
  for (const auto& prefix : recipe.freeze) freeze(network, prefix);
  const bool split = recipe.head_lr_factor != 1;
  ParameterGroup body{{}, recipe.head_lr_factor}, heads{{}, 1};
  for (const auto& entry : network.named_parameters()) {
    if (!entry.value().requires_grad()) continue;
    auto& group = split && net::is_head(network, entry.key()) ? heads : body;
    group.parameters.push_back(entry.value());
  }
  if (body.parameters.empty() && heads.parameters.empty())
    throw Error(SettingValue{"freeze", ""}, "leaves nothing to train",
                "name fewer parts of the network");
  return {body, heads};
}

}  // namespace seg::train
