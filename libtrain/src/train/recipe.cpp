#include "seg/train/recipe.hpp"

#include <algorithm>

#include "seg/plan/built_in_config.hpp"
#include "seg/plan/error.hpp"
#include "train/recipe_entries.hpp"

namespace seg::train {
namespace {

std::string joined_names(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

template <class Entries>
std::vector<std::string> names_of(Entries& entries) {
  std::vector<std::string> names;
  for_each_entry(entries, [&](const char* name, const auto&) { names.emplace_back(name); });
  return names;
}

void refuse_unknown(const Json& settings, const std::vector<std::string>& known,
                    const std::string& source) {
  if (!settings.is_object()) throw Error(source, "is not a JSON object with named settings");
  for (const auto& [name, value] : settings.items())
    if (std::ranges::find(known, name) == known.end())
      throw Error(source, "there is no setting \"" + name + "\"",
                  "there are " + joined_names(known));
}

/// Puts the values of `settings` into the entries of the same names.
template <class Entries>
void change_entries(Entries& entries, const Json& settings, const std::string& source) {
  for_each_entry(entries, [&](const std::string& name, auto& entry) {
    if (!settings.contains(name)) return;
    if (!read_entry(settings.at(name), entry))
      throw Error(source, "the setting \"" + name + "\" is " + settings.at(name).dump(),
                  std::string("it must be ") + expected_of(entry));
  });
}

template <class Entries>
Json json_of_entries(const Entries& entries) {
  Json json = Json::object();
  for_each_entry(entries,
                 [&](const char* name, const auto& entry) { json[name] = json_of_entry(entry); });
  return json;
}

struct Rule {
  const char* name;
  bool kept;
  const char* remedy;
};

void check_values(const Recipe& recipe, const std::string& source) {
  const auto one_of = [](const std::string& value, const std::vector<std::string>& choices) {
    return std::ranges::find(choices, value) != choices.end();
  };
  const char *above_0 = "it must be above 0", *from_0_to_1 = "it must be from 0 to 1";
  for (const Rule& rule : std::initializer_list<Rule>{
           {"epochs", recipe.epochs > 0, above_0},
           {"iterations", recipe.iterations > 0, above_0},
           {"val_iterations", recipe.val_iterations > 0, above_0},
           {"save_every", recipe.save_every > 0, above_0},
           {"batch_size", recipe.batch_size.value_or(1) > 0, above_0},
           {"learning_rate", recipe.learning_rate > 0, above_0},
           {"epsilon", recipe.epsilon > 0, above_0},
           {"weight_decay", recipe.weight_decay >= 0, "it must not be negative"},
           {"dice_smoothing", recipe.dice_smoothing >= 0, "it must not be negative"},
           {"momentum", recipe.momentum >= 0 && recipe.momentum < 1,
            "it must be from 0 to below 1"},
           {"foreground_fraction",
            recipe.foreground_fraction >= 0 && recipe.foreground_fraction <= 1, from_0_to_1},
           {"head_lr_factor", recipe.head_lr_factor > 0 && recipe.head_lr_factor <= 1,
            "it is what part of the heads' learning rate the other layers get: above 0, up to 1"},
           {"warm_up_epochs", recipe.warm_up_epochs >= 0 && recipe.warm_up_epochs < recipe.epochs,
            "it must be less than epochs"},
           {"optimizer", one_of(recipe.optimizer, {"sgd", "adam", "adamw"}),
            "use sgd, adam or adamw"},
           {"schedule", one_of(recipe.schedule, {"poly", "cosine"}), "use poly or cosine"},
           {"loss", one_of(recipe.loss, {"dice_ce", "dice", "ce", "topk", "ege_unet"}),
            "use dice_ce, dice, ce, topk or ege_unet"}})
    if (!rule.kept)
      throw Error(source,
                  std::string("the setting \"") + rule.name + "\" is " +
                      to_json(recipe).at(rule.name).dump(),
                  rule.remedy);
}

}  // namespace

void change_recipe(Recipe& recipe, const Json& settings, const std::string& source) {
  Json own = settings;
  const Json table = own.is_object() ? own.value("augmentation", Json::object()) : Json::object();
  if (own.is_object()) own.erase("augmentation");
  auto known = names_of(recipe);
  known.emplace_back("augmentation");
  refuse_unknown(own, known, source);
  refuse_unknown(table, names_of(recipe.augmentation), source + ", augmentation");
  change_entries(recipe, own, source);
  change_entries(recipe.augmentation, table, source + ", augmentation");
  check_values(recipe, source);
  data::check_augmentation(recipe.augmentation, source + ", augmentation");
}

Recipe default_recipe() {
  Recipe recipe;
  Json settings = built_in_config("training").at("default");
  settings["augmentation"] = built_in_config("augmentation").at("default");
  change_recipe(recipe, settings, "configs/training.json");
  return recipe;
}

Json to_json(const Recipe& recipe) {
  Json json = json_of_entries(recipe);
  json["augmentation"] = json_of_entries(recipe.augmentation);
  return json;
}

}  // namespace seg::train
