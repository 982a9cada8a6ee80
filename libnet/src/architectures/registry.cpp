#include <functional>
#include <map>

#include "architectures/architectures.hpp"

namespace seg::net {
namespace {

using Builder = std::function<std::shared_ptr<Network>(const Arguments&, const NetworkOptions&)>;

const std::map<std::string, Builder>& builders() {
  static const std::map<std::string, Builder> table{
      {"EGEUNet", ege_unet},
      {"FlexibleUNet", flexible_unet},
      {"MedNeXt", mednext},
      {"PlainConvUNet", plain_conv_unet},
      {"ResidualEncoderUNet", residual_encoder_unet},
      {"STUNet", stunet},
  };
  return table;
}

}  // namespace

std::vector<std::string> known_networks() {
  std::vector<std::string> names;
  for (const auto& [name, builder] : builders()) names.push_back(name);
  return names;
}

std::shared_ptr<Network> build_network(const plan::Architecture& architecture,
                                       const NetworkOptions& options) {
  const std::string full = architecture.class_name;
  const std::string name = full.substr(full.rfind('.') + 1);
  const auto found = builders().find(name);
  if (found == builders().end()) {
    throw Error("network", "the plan asks for \"" + full + "\", which is not known here",
                "known are " + c10::Join(", ", known_networks()));
  }
  auto network = found->second({architecture.arguments, "network " + name}, options);
  network->set_deep_supervision(options.deep_supervision);
  return network;
}

}  // namespace seg::net
