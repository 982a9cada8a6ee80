#include "seg/train/adaptation_plan.hpp"

#include "base/json_value.hpp"
#include "seg/net/checkpoint_file.hpp"
#include "seg/plan/error.hpp"

namespace seg::train {
namespace fs = std::filesystem;
namespace {

Error unfit(const fs::path& file, const std::string& problem) {
  return {ErrorKind::bad_model,
          {file.string(), problem,
           "take a ResEncL checkpoint that nnssl prepared for fine-tuning, or a model folder"}};
}

const Json& entry(const Json& json, const char* key, const fs::path& file) {
  if (!json.is_object() || !json.contains(key))
    throw unfit(file, std::string("its nnssl_adaptation_plan has no ") + key);
  return json.at(key);
}

void check_architecture(const Json& plan, const fs::path& file) {
  const Json& name = entry(entry(plan, "architecture_plans", file), "arch_class_name", file);
  const std::string network = name.is_string() ? name.get<std::string>() : name.dump();
  if (!network.starts_with("ResEnc") && !network.ends_with("ResidualEncoderUNet"))
    throw unfit(file, "holds the weights of " + network + ", not of a residual encoder U-Net");
}

/// Of the one configuration that it was pretrained with.
Json patch_size(const Json& plan, const fs::path& file) {
  const Json& configurations = entry(entry(plan, "pretrain_plan", file), "configurations", file);
  if (!configurations.is_object() || configurations.empty())
    throw unfit(file, "its nnssl_adaptation_plan has no configuration");
  return entry(*configurations.begin(), "patch_size", file);
}

}  // namespace

bool is_checkpoint(const fs::path& file) {
  return fs::is_regular_file(file) && file.extension() != ".json";
}

plan::Pretraining read_adaptation_plan(const fs::path& checkpoint) {
  const net::Value content = net::read_checkpoint_description(checkpoint);
  const auto part = [&](const char* key) {
    return content.is_dict() ? content.find(key) : nullptr;
  };
  if (!part("nnssl_adaptation_plan")) throw unfit(checkpoint, "holds no nnssl_adaptation_plan");
  const Json plan = json_of(*part("nnssl_adaptation_plan"));
  check_architecture(plan, checkpoint);
  plan::Pretraining pretraining;
  pretraining.name = checkpoint.stem().string();
  pretraining.information = {
      {"checkpoint_path", fs::absolute(checkpoint).lexically_normal().string()},
      {"checkpoint_name", pretraining.name},
      {"key_to_encoder", entry(plan, "key_to_encoder", checkpoint)},
      {"key_to_stem", entry(plan, "key_to_stem", checkpoint)},
      {"keys_to_in_proj", entry(plan, "keys_to_in_proj", checkpoint)},
      {"key_to_lpe", plan.value("key_to_lpe", Json())},
      {"pt_num_in_channels", entry(plan, "pretrain_num_input_channels", checkpoint)},
      {"pt_used_patchsize", patch_size(plan, checkpoint)},
      {"pt_recommended_downstream_patchsize",
       plan.value("recommended_downstream_patchsize", Json())},
      {"citations", part("citations") ? json_of(*part("citations")) : Json::array()},
      {"pt_architecture_kwargs", plan.value("architecture_kwargs", Json::object())}};
  pretraining.settings = {{"batch_size", 2},
                          {"learning_rate", 1e-3},
                          {"warm_up_epochs", 50},
                          {"deep_supervision", false}};
  return pretraining;
}

}  // namespace seg::train
