#include "recorded_trainer.hpp"

#include <algorithm>
#include <map>

#include "model/upstream_trainer.hpp"
#include "recorded_pipeline.hpp"
#include "seg/data/patch_sampler.hpp"
#include "seg/train/losses.hpp"
#include "seg/train/recipe.hpp"
#include "seg/train/schedule.hpp"
#include "seg/train/trainer_presets.hpp"
#include "train/patch_geometry.hpp"

namespace seg::oracles {
namespace {

/// One situation of a trainer: what was recorded, the dataset, and seg's settings.
struct Situation {
  const Json& recorded;
  const Json& dataset;
  train::Recipe recipe;

  std::vector<std::int64_t> patch() const { return dataset.at("patch_size"); }
  bool regions() const { return !dataset.at("regions_class_order").is_null(); }
};

train::Recipe recipe_of(const std::string& trainer, std::size_t axes) {
  train::Recipe recipe;
  train::change_recipe(recipe, train::trainer_settings(trainer, axes), trainer);
  return recipe;
}

double rate_at(const train::Recipe& recipe, std::int64_t epoch) {
  return train::learning_rate_at({.name = recipe.schedule,
                                  .learning_rate = recipe.learning_rate,
                                  .epochs = recipe.epochs,
                                  .warm_up_epochs = recipe.warm_up_epochs},
                                 epoch);
}

Json optimizer(const train::Recipe& recipe) {
  const std::map<std::string, std::string> names{
      {"sgd", "SGD"}, {"adam", "Adam"}, {"adamw", "AdamW"}};
  Json json = {{"type", names.at(recipe.optimizer)},
               {"lr", rate_at(recipe, 0)},
               {"weight_decay", recipe.weight_decay}};
  if (recipe.optimizer == "sgd")
    json.update({{"momentum", recipe.momentum}, {"nesterov", true}});
  else
    json.update({{"eps", recipe.epsilon}, {"amsgrad", recipe.amsgrad}});
  return json;
}

void compare_run(const train::Recipe& recipe, const Json& recorded, Outcome& outcome) {
  Json rates = Json::array();
  for (const Json& one : recorded.at("learning_rate_of_epoch"))
    rates.push_back({one[0], rate_at(recipe, one[0])});
  compare_settings({{"num_epochs", recipe.epochs},
                    {"initial_lr", recipe.learning_rate},
                    {"weight_decay", recipe.weight_decay},
                    {"num_iterations_per_epoch", recipe.iterations},
                    {"num_val_iterations_per_epoch", recipe.val_iterations},
                    {"save_every", recipe.save_every},
                    {"optimizer", optimizer(recipe)},
                    {"learning_rate_of_epoch", rates}},
                   recorded, outcome);
}

Json dice(const Situation& situation, const char* type) {
  return {{"type", type},
          {"do_bg", situation.regions()},
          {"batch_dice", situation.dataset.at("batch_dice")},
          {"smooth", situation.recipe.dice_smoothing}};
}

Json top_share(const Situation& situation) {
  return {{"type", "TopKLoss"}, {"k", 10}, {"label_smoothing", situation.recipe.label_smoothing}};
}

/// nnU-Net's name for the loss of a head, with what decides its value.
Json head_loss(const Situation& situation) {
  const Json cross_entropy = {{"type", "RobustCrossEntropyLoss"},
                              {"label_smoothing", situation.recipe.label_smoothing}};
  switch (train::loss_named(situation.recipe.loss)) {
    case train::Loss::ce:
      return cross_entropy;
    case train::Loss::topk:
      return top_share(situation);
    case train::Loss::dice:
      return dice(situation, "MemoryEfficientSoftDiceLoss");
    case train::Loss::dice_topk:
      return {{"type", "DC_and_topk_loss"},
              {"ce", top_share(situation)},
              {"dc", dice(situation, "SoftDiceLoss")}};
    case train::Loss::dice_ce:
      return {{"type", situation.regions() ? "DC_and_BCE_loss" : "DC_and_CE_loss"},
              {"ce", situation.regions() ? Json{{"type", "BCEWithLogitsLoss"}} : cross_entropy},
              {"dc", dice(situation, "MemoryEfficientSoftDiceLoss")}};
    default:
      return {{"type", situation.recipe.loss}};
  }
}

Json loss(const Situation& situation) {
  if (!situation.recipe.deep_supervision) return head_loss(situation);
  const std::size_t heads = situation.dataset.at("strides").size() - 1;
  return {{"type", "DeepSupervisionWrapper"},
          {"weight_factors", train::deep_supervision_weights(heads)},
          {"loss", head_loss(situation)}};
}

/// What is left out is as nnUNetTrainer's.
void compare_rest(const Situation& situation, Outcome& outcome) {
  const Json& recorded = situation.recorded;
  const train::Recipe& recipe = situation.recipe;
  if (recorded.contains("loss")) compare_settings(loss(situation), recorded.at("loss"), outcome);
  if (recorded.contains("oversample_foreground_percent")) {
    data::SamplerOptions sampler;
    sampler.batch_size = situation.dataset.at("batch_size");
    sampler.foreground_fraction = recipe.foreground_fraction;
    sampler.oversampling = data::oversampling_named(recipe.oversampling);
    const bool chance = sampler.oversampling != data::Oversampling::last_items;
    compare_settings({{"oversample_foreground_percent",
                       chance ? data::forced_chance(sampler) : recipe.foreground_fraction},
                      {"probabilistic_oversampling", chance}},
                     recorded, outcome);
  }
  if (recorded.value("enable_deep_supervision", recipe.deep_supervision) != recipe.deep_supervision)
    outcome.fault = "another deep supervision";
}

void compare_norm(const Situation& situation, Outcome& outcome) {
  if (!situation.recorded.contains("network_norm")) return;
  const std::string axes = std::to_string(situation.patch().size()) + "d";
  plan::Architecture network{"PlainConvUNet",
                             {{"conv_op", "torch.nn.modules.conv.Conv" + axes},
                              {"norm_op", "torch.nn.modules.instancenorm.InstanceNorm" + axes}},
                             {}};
  if (situation.recipe.batch_norm) network = train::with_batch_norm(network);
  const std::string norm = network.arguments.at("norm_op");
  const Json name = norm.substr(norm.rfind('.') + 1);
  const Json& names = situation.recorded.at("network_norm");
  if (std::ranges::find(names, name) == names.end())
    outcome.fault = "normalises with " + name.dump();
}

PipelineSettings pipeline_of(const train::Recipe& recipe, const std::vector<std::int64_t>& patch) {
  return {patch,
          train::patch_geometry(recipe, patch),
          {recipe.image_sampling == "nearest", recipe.label_sampling == "nearest"},
          recipe.augmentation};
}

void compare_pipelines(const Json& pipelines, const Situation& situation, Outcome& outcome) {
  const Json& training = pipelines.at(situation.recorded.at("train").get<std::string>());
  if (situation.recipe.augment)
    compare_training_pipeline(training, pipeline_of(situation.recipe, situation.patch()), outcome);
  else
    compare_validation_pipeline(training, outcome);
  compare_validation_pipeline(pipelines.at(situation.recorded.at("val").get<std::string>()),
                              outcome);
}

void compare_patches(const Situation& situation, Outcome& outcome) {
  Json recorded = situation.recorded;
  recorded["initial_patch_size"] = recorded.at("returned_initial_patch_size");
  const auto geometry = train::patch_geometry(situation.recipe, situation.patch());
  compare_geometry(geometry, recorded, outcome);
  Json inference = recorded;
  inference["mirror_axes"] = recorded.at("inference_allowed_mirroring_axes");
  compare_geometry(geometry, inference, outcome);
}

}  // namespace

bool has_settings(const Json& recorded) {
  const auto names = train::trainer_names();
  return std::ranges::find(names, recorded.at("trainer").get<std::string>()) != names.end();
}

void replay_trainer(const Json& manifest, const Json& recorded, Outcome& outcome) {
  const std::string trainer = recorded.at("trainer");
  for (const auto& [name, one] : recorded.at("situations").items()) {
    if (one.contains("error")) continue;
    const Json& dataset = manifest.at("situations").at(name);
    const Situation situation{one, dataset, recipe_of(trainer, dataset.at("patch_size").size())};
    compare_run(situation.recipe, recorded.at("settings"), outcome);
    compare_patches(situation, outcome);
    compare_pipelines(manifest.at("pipelines"), situation, outcome);
    compare_rest(situation, outcome);
    compare_norm(situation, outcome);
    if (!outcome.fault.empty()) {
      outcome.fault = name + ": " + outcome.fault;
      return;
    }
  }
}

void replay_cascade(const Json& manifest, const std::string& trainer, Outcome& outcome) {
  const Json& cascade = manifest.at("cascade");
  const std::vector<std::int64_t> patch = cascade.at("arguments").at("patch_size");
  const train::Recipe recipe = recipe_of(trainer, patch.size());
  const Json& recorded =
      manifest.at("pipelines").at(cascade.at("train").at(trainer).get<std::string>());
  if (!recipe.augment) return compare_validation_pipeline(recorded, outcome);
  PipelineSettings settings = pipeline_of(recipe, patch);
  settings.geometry.rotation_range = cascade.at("arguments").at("rotation");
  compare_training_pipeline(recorded, settings, outcome);
}

}  // namespace seg::oracles
