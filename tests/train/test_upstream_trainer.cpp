#include "model/upstream_trainer.hpp"

#include "catch.hpp"
#include "seg/net/network.hpp"

using seg::train::architecture_built_by;

namespace {

const seg::plan::Architecture unet{
    "PlainConvUNet",
    {{"strides", {{1, 1, 1}, {1, 2, 2}, {2, 2, 2}, {2, 2, 2}, {2, 2, 2}, {1, 2, 2}, {1, 2, 2}}}},
    seg::Json::array()};

std::int64_t parameters(const std::string& trainer) {
  const seg::net::NetworkOptions options{1, 105, true, false};
  return seg::net::parameter_count(
      *seg::net::build_network(architecture_built_by(trainer, unet), options));
}

}  // namespace

TEST_CASE("STU-Net's trainers build STU-Net from nnU-Net's plans") {
  CHECK(parameters("STUNetTrainer_small") == 14596941);
  CHECK(parameters("STUNetTrainer") == 58262669);
  CHECK(parameters("STUNetTrainer_base_ft") == 58262669);
  CHECK(parameters("STUNetTrainer_large_ft") == 440302605);
  CHECK(parameters("STUNetTrainer_huge") == 1457326221);
  CHECK(architecture_built_by("nnUNetTrainer", unet).class_name == "PlainConvUNet");
}

TEST_CASE("trainers of nnU-Net are known, and one of them changes the norm") {
  for (const char* name :
       {"nnUNetTrainer", "nnUNetTrainerDA5", "nnUNetTrainer_250epochs", "STUNetTrainer_base", ""})
    CHECK(seg::train::is_known_trainer(name));
  CHECK_FALSE(seg::train::is_known_trainer("nnUNetTrainerUMambaBot"));
  CHECK_FALSE(seg::train::is_known_trainer("MyTrainer"));
  const seg::plan::Architecture planned{
      "PlainConvUNet",
      {{"conv_op", "torch.nn.modules.conv.Conv2d"},
       {"norm_op", "torch.nn.modules.instancenorm.InstanceNorm2d"}},
      {}};
  CHECK(seg::train::architecture_built_by("nnUNetTrainerBN", planned).arguments["norm_op"] ==
        "torch.nn.modules.batchnorm.BatchNorm2d");
}
