#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "seg/data/augmentation_table.hpp"
#include "seg/plan/files.hpp"
#include "seg/plan/reporter.hpp"

namespace seg::train {

/// How a network is trained; the defaults are nnU-Net's. training_settings() says what each entry
/// means.
struct Recipe {
  std::int64_t epochs = 1000, iterations = 250, val_iterations = 50;
  std::optional<std::int64_t> batch_size;  ///< the plan's if empty
  std::uint64_t seed = 0;
  std::string optimizer = "sgd";
  double learning_rate = 0.01, weight_decay = 3e-5, momentum = 0.99, epsilon = 1e-8;
  bool amsgrad = false;
  std::string schedule = "poly";
  std::int64_t decoder_warm_up_epochs = 0, warm_up_epochs = 0;
  std::string loss = "dice_ce";
  double dice_smoothing = 1e-5, label_smoothing = 0;
  double skeleton_weight = 1;
  bool skeleton_tube = true;
  double foreground_fraction = 0.33;
  std::string oversampling = "last_items";
  bool augment = true, mirroring = true;
  std::optional<std::vector<std::int64_t>> mirror_axes;  ///< all if empty
  bool dummy_2d = true;
  double crop_zoom = 0.85;
  std::string image_sampling = "linear", label_sampling = "linear";
  bool batch_norm = false, deep_supervision = true, first_head_only = false;
  double head_lr_factor = 1;
  std::vector<std::string> freeze;
  std::int64_t save_every = 50;
  bool cuda_graphs = true, cudnn_benchmark = false;
  std::string gradient_precision = "fp32";
  data::AugmentationTable augmentation;
};

/// What values a setting may have, apart from its type. Infinity and NaN never.
struct Allowed {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_itself = true, high_itself = true;
  std::vector<std::string> names{};  ///< of a text; empty: any
};

/// Whether a run may go on with another value than it was started with.
enum class OnResume { keep, grow, change };

/// The settings' version: goes up when one comes or goes.
constexpr int kSettingsVersion = 4;

/// One thing that a training can be told. Its value in a new Recipe is its default.
struct Setting {
  std::string name;  ///< in JSON; on the command line with - for _ and -- in front
  std::variant<std::int64_t Recipe::*, std::uint64_t Recipe::*,
               std::optional<std::int64_t> Recipe::*, double Recipe::*, bool Recipe::*,
               std::string Recipe::*, std::vector<std::string> Recipe::*,
               std::optional<std::vector<std::int64_t>> Recipe::*>
      member;
  std::string help;
  Allowed allowed{};
  OnResume on_resume = OnResume::keep;
  int since = 1;  ///< first settings version that has it
};

/// All settings but the augmentation's: configs/training.json, settings in files, options of the
/// command line, their checks, what checkpoints record and what may change on resume follow it.
const std::vector<Setting>& training_settings();

/// What is wrong with a value: what it must be instead; empty if nothing is.
std::string problem_of(const Setting& setting, const Json& value);

/// Replaces the settings that `settings` names; those of the augmentation lie under "augmentation".
/// @param source names the settings in errors.
/// @throws Error for a setting that does not exist (names those that do), another type, and an
/// impossible value.
void change_recipe(Recipe& recipe, const Json& settings, const std::string& source);

/// All settings by their names.
Json to_json(const Recipe& recipe);

/// Names of the settings that are not those of `recorded` (as to_json() wrote them, perhaps an
/// older version); without those that a resumed run may change, and the seed.
std::vector<std::string> other_settings(const Recipe& recipe, const Json& recorded);

/// A setting that does nothing beside the others, and why: "with the optimizer sgd".
struct IdleSetting {
  std::string name, reason;
};
std::vector<IdleSetting> idle_settings(const Recipe& recipe);

/// Settings of one origin.
struct SettingsLayer {
  std::string origin;  ///< plan, config file, ...
  std::string source;  ///< names the settings in errors
  Json settings = Json::object();
};

/// A recipe and the origin of each of its settings: {NAME: origin, "augmentation": {NAME: origin}}.
struct ChosenRecipe {
  Recipe recipe;
  Json origins;
};

/// The defaults, changed by one layer after the other: the later ones count more.
ChosenRecipe choose_recipe(const std::vector<SettingsLayer>& layers);

/// What a run was trained with, as its checkpoint records it.
struct RecordedSettings {
  Json settings;
  int version = 1;
};

/// The settings of a record as far as this version knows them; a setting that came later has its
/// default. Warns of those that are no longer known.
/// @throws Error when a later version wrote the record, or a setting of its version is missing.
Json known_settings(const RecordedSettings& recorded, const std::string& source,
                    const Reporter& reporter);

/// @throws Error when a run that was started with `earlier` may not go on with `now`.
void check_resumable(const Recipe& earlier, const Recipe& now, const std::string& source);

}  // namespace seg::train
