#include "model/upstream_trainer.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

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

/// What follows "nnUNetTrainer" in the names of nnU-Net 2.8.1's trainers, all of which keep the
/// plan's network.
constexpr std::array kVariants{"",
                               "Adam",
                               "Adam1en3",
                               "Adam3en4",
                               "Adan",
                               "Adan1en1",
                               "Adan1en3",
                               "Adan3en4",
                               "AdanCosAnneal",
                               "BN",
                               "Benchmark_5epochs",
                               "Benchmark_5epochs_noDataLoading",
                               "CELoss",
                               "CELoss_5epochs",
                               "CosAnneal",
                               "DA5",
                               "DA5Segord0",
                               "DA5_10epochs",
                               "DA5ord0",
                               "DiceCELoss_noSmooth",
                               "DiceLoss",
                               "DiceTopK10Loss",
                               "NoDA",
                               "NoDeepSupervision",
                               "NoMirroring",
                               "Topk10Loss",
                               "Topk10LossLS01",
                               "VanillaAdam",
                               "VanillaAdam1en3",
                               "VanillaAdam3en4",
                               "_1epoch",
                               "_5epochs",
                               "_10epochs",
                               "_20epochs",
                               "_50epochs",
                               "_100epochs",
                               "_250epochs",
                               "_250epochs_NoMirroring",
                               "_500epochs",
                               "_750epochs",
                               "_2000epochs",
                               "_2000epochs_NoMirroring",
                               "_4000epochs",
                               "_4000epochs_NoMirroring",
                               "_8000epochs",
                               "_8000epochs_NoMirroring",
                               "_DASegOrd0",
                               "_DASegOrd0_NoMirroring",
                               "_noDummy2DDA",
                               "_onlyMirror01",
                               "_onlyMirror01_1500ep",
                               "_onlyMirror01_DA5",
                               "_onlyMirror01_DASegOrd0",
                               "_probabilisticOversampling",
                               "_probabilisticOversampling_010",
                               "_probabilisticOversampling_033",
                               "_warmup"};

plan::Architecture with_batch_norm(plan::Architecture network) {
  const auto convolution = network.arguments.at("conv_op").get<std::string>();
  network.arguments["norm_op"] = "torch.nn.modules.batchnorm.BatchNorm" +
                                 convolution.substr(convolution.size() - 2);  // 2d or 3d
  network.arguments["norm_op_kwargs"] = {{"eps", 1e-5}, {"affine", true}};
  return network;
}

}  // namespace

bool is_known_trainer(const std::string& trainer) {
  constexpr std::string_view kBase = "nnUNetTrainer";
  if (trainer.empty() || trainer.starts_with("STUNetTrainer")) return true;
  return trainer.starts_with(kBase) &&
         std::ranges::find(kVariants, trainer.substr(kBase.size())) != kVariants.end();
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
