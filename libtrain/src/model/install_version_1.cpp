#include "base/json_value.hpp"
#include "seg/net/checkpoint_file.hpp"
#include "seg/net/pretrained.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/intention.hpp"
#include "seg/plan/version_1.hpp"
#include "seg/train/install_model.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;
using net::Value;

Json plans_beside(const fs::path& file) {
  const Json description = json_of(net::read_checkpoint(file));
  if (description.contains("plans")) return description["plans"];
  throw Error(file.string(), "holds no plans of nnU-Net v1",
              "give a .model with the .model.pkl that training wrote beside it");
}

/// The weight of the first convolution of a block; undefined behind the last block.
at::Tensor first_weight(const Value& weights, std::size_t stage, std::int64_t block) {
  const std::string name = "conv_blocks_context." + std::to_string(stage) + "." +
                           std::to_string(block) + ".conv1.weight";
  const Value* weight = weights.find(name);
  if (!weight) weight = weights.find("module." + name);
  return weight ? weight->as<at::Tensor>(name) : at::Tensor();
}

std::int64_t blocks_of_stage(const Value& weights, std::size_t stage) {
  std::int64_t count = 0;
  while (first_weight(weights, stage, count).defined()) ++count;
  return count;
}

/// Blocks, widths and kernels of a STU-Net are those of its weights.
plan::Architecture stunet_of(const Value& weights, const std::string& source) {
  Json depth = Json::array(), widths = Json::array(), kernels = Json::array();
  for (std::size_t stage = 0; first_weight(weights, stage, 0).defined(); ++stage) {
    const at::Tensor weight = first_weight(weights, stage, 0);
    depth.push_back(blocks_of_stage(weights, stage));
    widths.push_back(weight.size(0));
    kernels.push_back(weight.sizes().slice(2).vec());
  }
  if (depth.empty())
    throw Error(source, "holds no STU-Net, the only network of nnU-Net v1 that is understood",
                "start a training from it: that takes what fits of other weights");
  return {"STUNet",
          {{"depth", depth}, {"dims", widths}, {"conv_kernel_sizes", kernels}},
          Json::array()};
}

Value checkpoint_of(const Value& weights, const plan::Version1Model& model) {
  const auto dimensions = model.configuration == "2d" ? 2 : 3;
  Json axes = Json::array();
  for (int axis = 0; axis < dimensions; ++axis) axes.push_back(axis);
  Value::Dict entries;
  entries.emplace_back(Value{"network_weights"}, weights);
  entries.emplace_back(Value{"trainer_name"}, Value{"nnUNetTrainer"});
  entries.emplace_back(Value{"init_args"}, value_of({{"configuration", model.configuration}}));
  entries.emplace_back(Value{"inference_allowed_mirroring_axes"}, value_of(axes));
  return {entries};
}

plan::Version1Model converted(const fs::path& file, const Value& weights) {
  const fs::path description = file.string() + ".pkl";
  const Json plans = plans_beside(description);
  return plan::convert_version_1_plans(plans, stunet_of(weights, file.string()),
                                       description.string());
}

fs::path model_folder(const fs::path& file, const fs::path& output,
                      const plan::Version1Model& model) {
  return output / file.stem() / ("nnUNetTrainer__nnUNetPlans__" + model.configuration);
}

}  // namespace

std::vector<fs::path> files_to_install_of_version_1(const fs::path& file, const fs::path& output) {
  const Value checkpoint = net::read_checkpoint(file);
  const fs::path folder = model_folder(file, output, converted(file, net::weights_in(checkpoint)));
  require_free_folder(folder);
  return {folder / "dataset.json", folder / "plans.json", folder / "fold_0/checkpoint_final.pth"};
}

fs::path install_version_1_model(const fs::path& file, const fs::path& output) {
  const Value checkpoint = net::read_checkpoint(file);
  const Value& weights = net::weights_in(checkpoint);
  const plan::Version1Model model = converted(file, weights);
  const fs::path folder = model_folder(file, output, model);
  write_folder_atomically(folder, [&](const fs::path& temporary) {
    write_json(temporary / "dataset.json", model.dataset);
    write_json(temporary / "plans.json", model.plans);
    net::write_checkpoint(temporary / "fold_0" / "checkpoint_final.pth",
                          checkpoint_of(weights, model));
  });
  return folder;
}

}  // namespace seg::train
