#include "seg/train/adaptation_plan.hpp"

#include <stdexcept>
#include <utility>

#include "base/json_value.hpp"
#include "seg/net/checkpoint_file.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/named_architecture.hpp"
#include "seg/plan/output_name.hpp"

namespace seg::train {
namespace fs = std::filesystem;
namespace {

constexpr std::pair<const char*, Adaptation> kAdaptations[] = {
    {"keep", Adaptation::keep_plan},
    {"like_pretrained", Adaptation::like_pretrained},
    {"default_nnunet", Adaptation::default_nnunet}};

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

/// The one that it was pretrained with.
const Json& configuration_of(const Json& plan, const fs::path& file) {
  const Json& configurations = entry(entry(plan, "pretrain_plan", file), "configurations", file);
  if (!configurations.is_object() || configurations.empty())
    throw unfit(file, "its nnssl_adaptation_plan has no configuration");
  return *configurations.begin();
}

/// As plans describe it.
Json architecture_of(const Json& plan, const fs::path& file) {
  const Json& details = entry(plan, "architecture_plans", file);
  const auto name = entry(details, "arch_class_name", file).get<std::string>();
  Json arguments = details.value("arch_kwargs", Json()),
       imports = details.value("arch_kwargs_requiring_import", Json());
  const auto named = plan::architecture_named(name);
  if (!arguments.is_object()) {
    if (!named) throw unfit(file, "does not describe its network " + name);
    return {{"network_class_name", named->class_name},
            {"arch_kwargs", named->arguments},
            {"_kw_requires_import", named->requires_import}};
  }
  return {{"network_class_name", named ? named->class_name : name},
          {"arch_kwargs", arguments},
          {"_kw_requires_import", imports}};
}

Json configuration_like(const Json& plan, Adaptation adaptation, const fs::path& file) {
  if (adaptation == Adaptation::keep_plan) return Json::object();
  Json configuration = {{"architecture", architecture_of(plan, file)},
                        {"patch_size", entry(plan, "recommended_downstream_patchsize", file)},
                        {"batch_size", 2}};
  const Json spacing = configuration_of(plan, file).value("spacing", Json());
  if (adaptation == Adaptation::like_pretrained && !spacing.is_null())
    configuration["spacing"] = spacing;
  return configuration;
}

std::string plans_name(const std::string& checkpoint, Adaptation adaptation) {
  if (adaptation == Adaptation::keep_plan) return "ptPlans_dynamic__" + checkpoint;
  for (const auto& [name, known] : kAdaptations)
    if (known == adaptation) return "ptPlans__" + checkpoint + "__" + name;
  throw std::logic_error("an adaptation without a name");
}

}  // namespace

std::vector<std::string> adaptation_names() {
  std::vector<std::string> names;
  for (const auto& [name, adaptation] : kAdaptations) names.emplace_back(name);
  return names;
}

Adaptation adaptation_named(const std::string& name) {
  for (const auto& [known, adaptation] : kAdaptations)
    if (name == known) return adaptation;
  throw std::logic_error("no adaptation is called " + name);
}

bool is_checkpoint(const fs::path& file) {
  return fs::is_regular_file(file) && !has_ending(file, ".json");
}

plan::Pretraining read_adaptation_plan(const fs::path& checkpoint, Adaptation adaptation) {
  const net::Value content = net::read_checkpoint_description(checkpoint);
  const auto part = [&](const char* key) {
    return content.is_dict() ? content.find(key) : nullptr;
  };
  if (!part("nnssl_adaptation_plan")) throw unfit(checkpoint, "holds no nnssl_adaptation_plan");
  const Json plan = json_of(*part("nnssl_adaptation_plan"));
  check_architecture(plan, checkpoint);
  plan::Pretraining pretraining;
  const std::string name = checkpoint.stem().string();
  pretraining.plans_name = plans_name(name, adaptation);
  pretraining.configuration = configuration_like(plan, adaptation, checkpoint);
  pretraining.information = {
      {"checkpoint_path", fs::absolute(checkpoint).lexically_normal().string()},
      {"checkpoint_name", name},
      {"key_to_encoder", entry(plan, "key_to_encoder", checkpoint)},
      {"key_to_stem", entry(plan, "key_to_stem", checkpoint)},
      {"keys_to_in_proj", entry(plan, "keys_to_in_proj", checkpoint)},
      {"key_to_lpe", plan.value("key_to_lpe", Json())},
      {"pt_num_in_channels", entry(plan, "pretrain_num_input_channels", checkpoint)},
      {"pt_used_patchsize", entry(configuration_of(plan, checkpoint), "patch_size", checkpoint)},
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
