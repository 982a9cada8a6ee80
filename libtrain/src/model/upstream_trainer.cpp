#include "model/upstream_trainer.hpp"

#include <map>

namespace seg::train {
namespace {

struct STUNetSize {
  int blocks_per_stage, first_width;
};

// By what follows STUNetTrainer_; the trainer without a size is the base one.
STUNetSize stunet_size(const std::string& trainer) {
  static const std::map<std::string, STUNetSize> sizes{
      {"_small", {1, 16}}, {"_large", {2, 64}}, {"_huge", {3, 96}}};
  for (const auto& [name, size] : sizes)
    if (trainer.find(name) != std::string::npos) return size;
  return {1, 32};
}

}  // namespace

plan::Architecture architecture_built_by(const std::string& trainer,
                                         const plan::Architecture& planned) {
  if (!trainer.starts_with("STUNetTrainer")) return planned;
  const auto size = stunet_size(trainer);
  Json widths = Json::array();
  for (const int factor : {1, 2, 4, 8, 16, 16}) widths.push_back(factor * size.first_width);
  return {"STUNet",
          {{"depth", size.blocks_per_stage},
           {"dims", widths},
           {"strides", planned.arguments.at("strides")}},
          Json::array()};
}

}  // namespace seg::train
