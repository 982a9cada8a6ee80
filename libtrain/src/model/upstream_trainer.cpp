#include "model/upstream_trainer.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "seg/plan/error.hpp"
#include "seg/train/trainer_presets.hpp"

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

/// Trainers of nnU-Net 2.8.1 that keep the plan's network and have no settings here: for want of
/// their optimiser, or since they only measure time.
constexpr std::array kOthers{"nnUNetTrainerAdan",
                             "nnUNetTrainerAdan1en1",
                             "nnUNetTrainerAdan1en3",
                             "nnUNetTrainerAdan3en4",
                             "nnUNetTrainerAdanCosAnneal",
                             "nnUNetTrainerBenchmark_5epochs",
                             "nnUNetTrainerBenchmark_5epochs_noDataLoading"};

}  // namespace

bool is_known_trainer(const std::string& trainer) {
  if (trainer.empty() || trainer.starts_with("STUNetTrainer") ||
      trainer.starts_with("DynamicPretrainedTrainer"))
    return true;
  const auto names = trainer_names();
  return std::ranges::find(names, trainer) != names.end() ||
         std::ranges::find(kOthers, trainer) != kOthers.end();
}

plan::Architecture with_batch_norm(plan::Architecture network) {
  if (!network.arguments.contains("conv_op") || !network.arguments.contains("norm_op"))
    throw Error(SettingValue{"batch_norm", "true"}, "is not there for " + network.class_name,
                "use it with nnU-Net's own networks");
  const auto convolution = network.arguments.at("conv_op").get<std::string>();
  network.arguments["norm_op"] = "torch.nn.modules.batchnorm.BatchNorm" +
                                 convolution.substr(convolution.size() - 2);  // 2d or 3d
  network.arguments["norm_op_kwargs"] = {{"eps", 1e-5}, {"affine", true}};
  return network;
}

plan::Architecture architecture_built_by(const std::string& trainer,
                                         const plan::Architecture& planned) {
  if (trainer == "nnUNetTrainerBN") return with_batch_norm(planned);
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
