#include "seg/train/recipe.hpp"

#include "seg/plan/error.hpp"
#include "seg/plan/joined.hpp"
#include "train/setting_value.hpp"

namespace seg::train {
namespace {

constexpr char kAugmentation[] = "augmentation";

std::string put(const Json& json, Recipe& recipe, const Setting& setting) {
  return std::visit([&](const auto member) { return put(json, recipe.*member, setting.allowed); },
                    setting.member);
}

Json entry_of(const Recipe& recipe, const Setting& setting) {
  return std::visit([&](const auto member) { return written(recipe.*member); }, setting.member);
}

Error refused(const std::string& source, const std::string& name, const Json& value,
              const std::string& remedy) {
  return {source, "the setting \"" + name + "\" is " + value.dump(), remedy};
}

// The augmentation's entries, by their names.

Json augmentation_json(const data::AugmentationTable& table) {
  Json json = Json::object();
  for_each_entry(table,
                 [&](const std::string& name, const auto& entry) { json[name] = written(entry); });
  return json;
}

void change_augmentation(data::AugmentationTable& table, const Json& settings,
                         const std::string& source) {
  for_each_entry(table, [&](const std::string& name, auto& entry) {
    if (!settings.contains(name)) return;
    const std::string problem = put(settings.at(name), entry, Allowed{});
    if (!problem.empty()) throw refused(source, name, settings.at(name), problem);
  });
}

std::vector<std::string> names_of(const Json& json) {
  std::vector<std::string> names;
  for (const auto& [name, value] : json.items()) names.push_back(name);
  return names;
}

/// @param known an object with the settings there are.
void refuse_unknown(const Json& settings, const Json& known, const std::string& source) {
  if (!settings.is_object()) throw Error(source, "is not a JSON object with named settings");
  for (const auto& [name, value] : settings.items())
    if (!known.contains(name))
      throw Error(source, "there is no setting \"" + name + "\"",
                  "there are " + joined(names_of(known)));
}

void check_together(const Recipe& recipe, const std::string& source) {
  if (recipe.warm_up_epochs >= recipe.epochs)
    throw refused(source, "warm_up_epochs", recipe.warm_up_epochs, "it must be less than epochs");
  if (recipe.decoder_warm_up_epochs + recipe.warm_up_epochs >= recipe.epochs)
    throw refused(source, "decoder_warm_up_epochs", recipe.decoder_warm_up_epochs,
                  "with warm_up_epochs it must be less than epochs");
}

/// Writes the origin of all that `settings` names, objects within as objects.
void note_origins(Json& origins, const Json& settings, const std::string& origin) {
  for (const auto& [name, value] : settings.items())
    if (value.is_object())
      note_origins(origins[name], value, origin);
    else
      origins[name] = origin;
}

/// Moves the entries of `settings` that `known` lacks to the names of those that are ignored.
void drop_unknown(Json& settings, const Json& known, std::vector<std::string>& ignored) {
  for (const std::string& name : names_of(settings))
    if (!known.contains(name)) {
      ignored.push_back(name);
      settings.erase(name);
    }
}

void require_all(const RecordedSettings& recorded, const std::string& source) {
  if (recorded.version > kSettingsVersion)
    throw Error(source, "was written by a later seg", "resume with that one");
  for (const Setting& setting : training_settings())
    if (setting.since <= recorded.version && !recorded.settings.contains(setting.name))
      throw Error(source, "does not record the setting \"" + setting.name + "\"",
                  "start anew without `resume`");
}

/// @param values before and now.
Error other_value(const std::string& source, const std::string& name,
                  const std::pair<Json, Json>& values) {
  return {source,
          "was started with " + name + " " + values.first.dump() + ", not " + values.second.dump(),
          "leave the setting out to go on as before, or start anew with `overwrite` or `name`"};
}

bool may_go_on(OnResume rule, const Json& before, const Json& after) {
  return before == after || rule == OnResume::change || (rule == OnResume::grow && before < after);
}

void put_settings(Recipe& recipe, const Json& settings, const std::string& source) {
  refuse_unknown(settings, to_json(recipe), source);
  for (const Setting& setting : training_settings()) {
    if (!settings.contains(setting.name)) continue;
    const Json& value = settings.at(setting.name);
    const std::string problem = put(value, recipe, setting);
    if (!problem.empty()) throw refused(source, setting.name, value, problem);
  }
  const Json table = settings.value(kAugmentation, Json::object());
  refuse_unknown(table, augmentation_json(recipe.augmentation), source + ", augmentation");
  change_augmentation(recipe.augmentation, table, source + ", augmentation");
  data::check_augmentation(recipe.augmentation, source + ", augmentation");
}

}  // namespace

std::string problem_of(const Setting& setting, const Json& value) {
  Recipe recipe;
  return put(value, recipe, setting);
}

void change_recipe(Recipe& recipe, const Json& settings, const std::string& source) {
  put_settings(recipe, settings, source);
  check_together(recipe, source);
}

Json to_json(const Recipe& recipe) {
  Json json = Json::object();
  for (const Setting& setting : training_settings()) json[setting.name] = entry_of(recipe, setting);
  json[kAugmentation] = augmentation_json(recipe.augmentation);
  return json;
}

std::vector<std::string> other_settings(const Recipe& recipe, const Json& recorded) {
  const Json now = to_json(recipe);
  const auto differs = [&recorded](const std::string& name, const Json& value) {
    return recorded.contains(name) && recorded.at(name) != value;
  };
  std::vector<std::string> names;
  for (const Setting& setting : training_settings())
    if (setting.on_resume != OnResume::change && setting.name != "seed" &&
        differs(setting.name, now.at(setting.name)))
      names.push_back(setting.name);
  if (differs(kAugmentation, now.at(kAugmentation))) names.emplace_back(kAugmentation);
  return names;
}

ChosenRecipe choose_recipe(const std::vector<SettingsLayer>& layers) {
  ChosenRecipe chosen;
  note_origins(chosen.origins, to_json(chosen.recipe), "default");
  for (const SettingsLayer& layer : layers) {
    put_settings(chosen.recipe, layer.settings, layer.source);
    note_origins(chosen.origins, layer.settings, layer.origin);
  }
  if (!layers.empty()) check_together(chosen.recipe, layers.back().source);
  return chosen;
}

Json known_settings(const RecordedSettings& recorded, const std::string& source,
                    const Reporter& reporter) {
  require_all(recorded, source);
  const Json known = to_json(Recipe{});
  Json settings = recorded.settings;
  std::vector<std::string> ignored;
  drop_unknown(settings, known, ignored);
  if (settings.contains(kAugmentation))
    drop_unknown(settings[kAugmentation], known.at(kAugmentation), ignored);
  if (!ignored.empty())
    reporter.warn(source + " was trained with settings that are no longer there and are ignored: " +
                  joined(ignored));
  return settings;
}

void check_resumable(const Recipe& earlier, const Recipe& now, const std::string& source) {
  const Json before = to_json(earlier), after = to_json(now);
  for (const Setting& setting : training_settings())
    if (!may_go_on(setting.on_resume, before.at(setting.name), after.at(setting.name)))
      throw other_value(source, setting.name, {before.at(setting.name), after.at(setting.name)});
  for (const auto& [name, value] : before.at(kAugmentation).items())
    if (value != after.at(kAugmentation).at(name))
      throw other_value(source, name, {value, after.at(kAugmentation).at(name)});
}

}  // namespace seg::train
