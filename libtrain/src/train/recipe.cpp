#include "seg/train/recipe.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "seg/data/patch_sampler.hpp"
#include "seg/plan/error.hpp"
#include "seg/train/losses.hpp"
#include "seg/train/optimizer.hpp"
#include "seg/train/schedule.hpp"

namespace seg::train {
namespace {

constexpr char kAugmentation[] = "augmentation";

Allowed above(double low) { return {.low = low, .low_itself = false}; }
Allowed at_least(double low) { return {.low = low}; }
Allowed one_of(std::vector<std::string> names) { return {.names = std::move(names)}; }

std::vector<Setting> make_settings() {
  using R = Recipe;
  const Allowed positive = above(0), any{};
  const Allowed share{.low = 0, .high = 1};
  constexpr auto change = OnResume::change, keep = OnResume::keep;
  return {
      {"epochs", &R::epochs, "epochs", positive, OnResume::grow},
      {"iterations", &R::iterations, "training batches in an epoch", positive},
      {"val_iterations", &R::val_iterations, "validation batches in an epoch", positive},
      {"batch_size", &R::batch_size, "patches in a batch (the plan's)", positive},
      {"seed", &R::seed, "start of all random numbers"},
      {"optimizer", &R::optimizer, "what moves the weights (sgd: with Nesterov's momentum)",
       one_of(optimizer_names())},
      {"learning_rate", &R::learning_rate, "initial learning rate", positive},
      {"weight_decay", &R::weight_decay, "weight decay", at_least(0)},
      {"momentum", &R::momentum, "of sgd", {.low = 0, .high = 1, .high_itself = false}},
      {"epsilon", &R::epsilon, "of adam and adamw, against division by 0", positive},
      {"amsgrad", &R::amsgrad, "adam and adamw divide by the largest second moment so far"},
      {"schedule", &R::schedule, "how the learning rate falls", one_of(schedule_names())},
      {"decoder_warm_up_epochs", &R::decoder_warm_up_epochs,
       "epochs before, in which the encoder rests while the rate rises (fine-tuning)", at_least(0),
       keep, 2},
      {"warm_up_epochs", &R::warm_up_epochs, "epochs in which the rate rises first", at_least(0)},
      {"loss", &R::loss, "what is minimised", one_of(loss_names())},
      {"dice_smoothing", &R::dice_smoothing, "added above and below in the soft Dice", at_least(0)},
      {"label_smoothing", &R::label_smoothing,
       "share of every label that cross-entropy spreads over all (no regions)", share, keep, 2},
      {"skeleton_weight", &R::skeleton_weight, "of the recall of the labels' skeleton in its loss",
       at_least(0), keep, 2},
      {"skeleton_tube", &R::skeleton_tube, "that skeleton is dilated twice within the labels", any,
       keep, 2},
      {"foreground_fraction", &R::foreground_fraction, "of a batch that must contain foreground",
       share},
      {"oversampling", &R::oversampling, "which patches of a batch must contain foreground",
       one_of(data::oversampling_names()), keep, 2},
      {"augment", &R::augment, "change patches at random before training with them", any, keep, 2},
      {"mirroring", &R::mirroring, "train, and predict, with mirrored patches, too"},
      {"mirror_axes", &R::mirror_axes, "axes of the patch that are mirrored (all)", any, keep, 2},
      {"dummy_2d", &R::dummy_2d, "move the slices of very anisotropic patches in-plane only", any,
       keep, 2},
      {"crop_zoom",
       &R::crop_zoom,
       "what is cut for a patch allows for objects that are enlarged by 1 / this",
       {.low = 0, .high = 1, .low_itself = false},
       keep,
       2},
      {"image_sampling", &R::image_sampling, "of images that are turned or zoomed",
       one_of({"linear", "nearest"}), keep, 2},
      {"label_sampling", &R::label_sampling,
       "of their labels (linear: the one with the largest weight)", one_of({"linear", "nearest"}),
       keep, 2},
      {"batch_norm", &R::batch_norm, "batch normalisation instead of the plan's", any, keep, 2},
      {"deep_supervision", &R::deep_supervision, "train the lower resolutions' heads, too"},
      {"first_head_only", &R::first_head_only,
       "the loss leaves the other heads out (trainings of Skeleton Recall's authors)", any, keep,
       3},
      {"head_lr_factor",
       &R::head_lr_factor,
       "all but the heads learn at this part of the rate (fine-tuning: 0.1)",
       {.low = 0, .high = 1, .low_itself = false}},
      {"freeze", &R::freeze, "parameters that begin like this stay as they are"},
      {"save_every", &R::save_every, "epochs between checkpoints", positive, change},
      {"cuda_graphs", &R::cuda_graphs, "on a GPU: start forward and backward pass as a whole", any,
       change},
      {"cudnn_benchmark", &R::cudnn_benchmark,
       "on a GPU: the convolutions that are fastest at first; runs may then differ"},
      {"gradient_precision", &R::gradient_precision,
       "in which processes that train together send their gradients to each other",
       one_of({"fp32", "bf16"}), change, 4},
  };
}

// Of each type that a setting may have: what a value of it is called, how it is read from JSON
// (false for another type) and written.

const char* type_of(std::int64_t) { return "a whole number"; }
const char* type_of(std::uint64_t) { return "a whole number that is not negative"; }
const char* type_of(const std::optional<std::int64_t>&) { return "a whole number or null"; }
const char* type_of(double) { return "a number"; }
const char* type_of(bool) { return "true or false"; }
const char* type_of(const std::string&) { return "a text"; }
const char* type_of(const std::vector<std::string>&) { return "a list of texts"; }
const char* type_of(const std::optional<std::vector<std::int64_t>>&) {
  return "a list of whole numbers or null";
}
const char* type_of(const data::Range&) { return "[lowest, highest]"; }

bool read(const Json& json, std::int64_t& value) {
  if (json.is_number_integer()) value = json.get<std::int64_t>();
  return json.is_number_integer();
}
bool read(const Json& json, std::uint64_t& value) {
  const bool right = json.is_number_unsigned() || (json.is_number_integer() && json >= 0);
  if (right) value = json.get<std::uint64_t>();
  return right;
}
bool read(const Json& json, std::optional<std::int64_t>& value) {
  value.reset();
  return json.is_null() || read(json, value.emplace());
}
bool read(const Json& json, double& value) {
  if (json.is_number()) value = json.get<double>();
  return json.is_number();
}
bool read(const Json& json, bool& value) {
  if (json.is_boolean()) value = json.get<bool>();
  return json.is_boolean();
}
bool read(const Json& json, std::string& value) {
  if (json.is_string()) value = json.get<std::string>();
  return json.is_string();
}
template <class Element>
bool read(const Json& json, std::vector<Element>& value) {
  if (!json.is_array()) return false;
  value.clear();
  for (const auto& element : json)
    if (!read(element, value.emplace_back())) return false;
  return true;
}
bool read(const Json& json, std::optional<std::vector<std::int64_t>>& value) {
  value.reset();
  return json.is_null() || read(json, value.emplace());
}
bool read(const Json& json, data::Range& value) {
  return json.is_array() && json.size() == 2 && read(json[0], value.low) &&
         read(json[1], value.high) && value.low <= value.high;
}

template <class Value>
Json written(const Value& value) {
  return value;
}
template <class Value>
Json written(const std::optional<Value>& value) {
  return value ? Json(*value) : Json();
}
Json written(const data::Range& value) { return {value.low, value.high}; }

template <class Value>
bool is_allowed(const Value&, const Allowed&) {
  return true;
}
bool is_allowed(const std::string& value, const Allowed& allowed) {
  return allowed.names.empty() || std::ranges::find(allowed.names, value) != allowed.names.end();
}
bool is_allowed(double value, const Allowed& allowed) {
  return std::isfinite(value) &&
         (value > allowed.low || (allowed.low_itself && value == allowed.low)) &&
         (value < allowed.high || (allowed.high_itself && value == allowed.high));
}
bool is_allowed(std::int64_t value, const Allowed& allowed) {
  return is_allowed(static_cast<double>(value), allowed);
}
bool is_allowed(const std::optional<std::int64_t>& value, const Allowed& allowed) {
  return !value || is_allowed(*value, allowed);
}

/// "a, b or c".
std::string joined(const std::vector<std::string>& names, const std::string& last = ", ") {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i)
    text += (i == 0 ? "" : i + 1 == names.size() ? last : ", ") + names[i];
  return text;
}

std::string described(const Allowed& allowed) {
  if (!allowed.names.empty()) return "use " + joined(allowed.names, " or ");
  std::ostringstream low, high;
  low << (allowed.low_itself ? "at least " : "above ") << allowed.low;
  high << (allowed.high_itself ? "at most " : "below ") << allowed.high;
  std::vector<std::string> bounds;
  if (std::isfinite(allowed.low)) bounds.push_back(low.str());
  if (std::isfinite(allowed.high)) bounds.push_back(high.str());
  return "it must be " + (bounds.empty() ? "finite" : joined(bounds, " and "));
}

/// Puts a value into an entry. @returns what is wrong with it.
template <class Value>
std::string put(const Json& json, Value& entry, const Allowed& allowed) {
  Value value{};
  if (!read(json, value)) return std::string("it must be ") + type_of(value);
  if (!is_allowed(value, allowed)) return described(allowed);
  entry = std::move(value);
  return "";
}

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
                  "start anew instead of resuming");
}

/// @param values before and now.
Error other_value(const std::string& source, const std::string& name,
                  const std::pair<Json, Json>& values) {
  return {source,
          "was started with " + name + " " + values.first.dump() + ", not " + values.second.dump(),
          "leave the setting out to go on as before, or start anew instead of resuming"};
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

const std::vector<Setting>& training_settings() {
  static const std::vector<Setting> settings = make_settings();
  return settings;
}

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
