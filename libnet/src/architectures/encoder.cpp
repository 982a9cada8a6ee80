#include "architectures/encoder.hpp"

#include <map>

#include "architectures/efficientnet_encoder.hpp"
#include "architectures/resnet_encoder.hpp"

namespace seg::net {
namespace {

// MONAI's table; the two with zero-padded shortcuts are so in Med3D's files.
const std::map<std::string, ResNetSizes>& resnets() {
  static const std::map<std::string, ResNetSizes> table{
      {"resnet10", {false, {1, 1, 1, 1}}},       {"resnet18", {false, {2, 2, 2, 2}, true}},
      {"resnet34", {false, {3, 4, 6, 3}, true}}, {"resnet50", {true, {3, 4, 6, 3}}},
      {"resnet101", {true, {3, 4, 23, 3}}},      {"resnet152", {true, {3, 8, 36, 3}}},
      {"resnet200", {true, {3, 24, 36, 3}}}};
  return table;
}

const std::map<std::string, EfficientNetSizes>& efficientnets() {
  static const std::map<std::string, EfficientNetSizes> table{
      {"efficientnet-b0", {1.0, 1.0, 224}}, {"efficientnet-b1", {1.0, 1.1, 240}},
      {"efficientnet-b2", {1.1, 1.2, 260}}, {"efficientnet-b3", {1.2, 1.4, 300}},
      {"efficientnet-b4", {1.4, 1.8, 380}}, {"efficientnet-b5", {1.6, 2.2, 456}},
      {"efficientnet-b6", {1.8, 2.6, 528}}, {"efficientnet-b7", {2.0, 3.1, 600}},
      {"efficientnet-b8", {2.2, 3.6, 672}}, {"efficientnet-l2", {4.3, 5.3, 800}}};
  return table;
}

std::string known_backbones() {
  std::string names;
  for (const auto& [name, sizes] : resnets()) names += name + ", ";
  for (const auto& [name, sizes] : efficientnets()) names += name + ", ";
  return names.substr(0, names.size() - 2);
}

}  // namespace

std::shared_ptr<Encoder> build_encoder(const std::string& backbone, const EncoderOptions& options) {
  const auto resnet = resnets().find(backbone);
  if (resnet != resnets().end()) return resnet_encoder(resnet->second, options);
  const auto efficient = efficientnets().find(backbone);
  if (efficient != efficientnets().end()) return efficientnet_encoder(efficient->second, options);
  throw Error("network FlexibleUNet", "backbone \"" + backbone + "\" is not known here",
              "possible are " + known_backbones());
}

}  // namespace seg::net
