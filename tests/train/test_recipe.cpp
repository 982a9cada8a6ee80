#include "seg/train/recipe.hpp"

#include <cmath>

#include "catch.hpp"
#include "seg/plan/built_in_config.hpp"
#include "seg/plan/error.hpp"

namespace {

using namespace seg;
using namespace seg::train;

std::vector<std::string> names_of(const Json& json) {
  std::vector<std::string> names;
  for (const auto& [name, value] : json.items()) names.push_back(name);
  return names;
}

std::string refusal(const Json& settings) {
  Recipe recipe;
  try {
    change_recipe(recipe, settings, "mine.json");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("the default recipe is nnU-Net's") {
  const Recipe recipe;
  CHECK(recipe.epochs == 1000);
  CHECK(recipe.iterations == 250);
  CHECK(recipe.val_iterations == 50);
  CHECK_FALSE(recipe.batch_size);
  CHECK(recipe.optimizer == "sgd");
  CHECK(recipe.learning_rate == 0.01);
  CHECK(recipe.weight_decay == 3e-5);
  CHECK(recipe.momentum == 0.99);
  CHECK(recipe.schedule == "poly");
  CHECK(recipe.loss == "dice_ce");
  CHECK(recipe.dice_smoothing == 1e-5);
  CHECK(recipe.foreground_fraction == 0.33);
  CHECK((recipe.mirroring && recipe.deep_supervision));
}

TEST_CASE("configs/training.json and configs/augmentation.json hold the settings and defaults") {
  const Json defaults = to_json(Recipe{});
  Json written = built_in_config("training").at("default");
  written["augmentation"] = built_in_config("augmentation").at("default");
  CHECK(names_of(written) == names_of(defaults));
  CHECK(Json::diff(written, defaults).empty());
}

TEST_CASE("each setting has a text, a version that there is, and a default that is allowed") {
  const Json defaults = to_json(Recipe{});
  for (const Setting& setting : training_settings()) {
    INFO(setting.name);
    CHECK_FALSE(setting.help.empty());
    CHECK((setting.since >= 1 && setting.since <= kSettingsVersion));
    CHECK(problem_of(setting, defaults.at(setting.name)) == "");
  }
}

TEST_CASE("settings change what they name and nothing else") {
  Recipe recipe;
  change_recipe(recipe,
                {{"optimizer", "adamw"},
                 {"batch_size", 4},
                 {"freeze", {"encoder"}},
                 {"augmentation", {{"gamma", {0.9, 1.1}}, {"zoom_probability", 0}}}},
                "mine.json");
  Json expected = to_json(Recipe{});
  expected["optimizer"] = "adamw";
  expected["batch_size"] = 4;
  expected["freeze"] = {"encoder"};
  expected["augmentation"]["gamma"] = {0.9, 1.1};
  expected["augmentation"]["zoom_probability"] = 0.0;
  CHECK(to_json(recipe) == expected);
}

TEST_CASE("a recipe goes through its text unchanged") {
  Recipe recipe, copy;
  change_recipe(recipe, {{"learning_rate", 0.1 + 0.2}, {"seed", 18446744073709551615ull}}, "x");
  change_recipe(copy, Json::parse(to_json(recipe).dump()), "copy");
  CHECK(to_json(copy) == to_json(recipe));
}

TEST_CASE("unknown settings are refused with the names of those there are") {
  using Catch::Matchers::Contains;
  CHECK_THAT(refusal({{"learning_rat", 0.1}}),
             Contains("mine.json") && Contains("\"learning_rat\"") && Contains("learning_rate,"));
  CHECK_THAT(refusal({{"augmentation", {{"gama", 1}}}}),
             Contains("\"gama\"") && Contains("gamma_probability"));
  CHECK_THAT(refusal(Json::array()), Contains("not a JSON object"));
}

TEST_CASE("settings of another type and impossible ones are refused") {
  using Catch::Matchers::Contains;
  CHECK_THAT(refusal({{"epochs", "many"}}), Contains("\"epochs\" is \"many\"; it must be a whole"));
  CHECK_THAT(refusal({{"epochs", 1.5}}), Contains("whole number"));
  CHECK_THAT(refusal({{"mirroring", 1}}), Contains("true or false"));
  CHECK_THAT(refusal({{"augmentation", {{"gamma", {2, 1}}}}}), Contains("[lowest, highest]"));
  CHECK_THAT(refusal({{"optimizer", "lion"}}), Contains("use sgd, adam or adamw"));
  CHECK_THAT(refusal({{"seed", -1}}), Contains("not negative"));
  for (const Json& impossible : std::vector<Json>{{{"iterations", 0}},
                                                  {{"weight_decay", NAN}},
                                                  {{"learning_rate", 0}},
                                                  {{"momentum", 1}},
                                                  {{"batch_size", 0}},
                                                  {{"foreground_fraction", 1.5}},
                                                  {{"warm_up_epochs", 1000}},
                                                  {{"head_lr_factor", 10}},
                                                  {{"schedule", "steps"}},
                                                  {{"loss", "focal"}}}) {
    INFO(impossible.dump());
    CHECK_FALSE(refusal(impossible).empty());
  }
}

TEST_CASE("later layers count more, and each setting knows the one that it comes from") {
  const ChosenRecipe chosen = choose_recipe(
      {{"plan", "plans.json", {{"epochs", 5}, {"loss", "ce"}}},
       {"config file", "mine.json", {{"epochs", 7}, {"augmentation", {{"gamma", {0.9, 1.1}}}}}}});
  CHECK(chosen.recipe.epochs == 7);
  CHECK(chosen.recipe.loss == "ce");
  CHECK(chosen.origins.at("epochs") == "config file");
  CHECK(chosen.origins.at("loss") == "plan");
  CHECK(chosen.origins.at("seed") == "default");
  CHECK(chosen.origins.at("augmentation").at("gamma") == "config file");
  CHECK(chosen.origins.at("augmentation").at("zoom") == "default");
}

TEST_CASE("a record of another version gives the settings that are known") {
  std::vector<std::string> lines;
  Reporter reporter;
  reporter.warning = [&](const std::string& line) { lines.push_back(line); };
  const Json all = to_json(Recipe{});
  CHECK(known_settings({all, kSettingsVersion}, "old.pth", reporter) == all);
  CHECK(lines.empty());

  Json recorded = all;
  recorded.erase("epsilon");
  recorded["augmentation"].erase("gamma");
  const Json fewer = recorded;
  recorded["sharpness"] = 3;
  recorded["augmentation"]["fog"] = 0.5;
  CHECK(known_settings({recorded, 0}, "old.pth", reporter) == fewer);
  REQUIRE(lines.size() == 1);
  CHECK_THAT(lines[0], ContainsSubstring("old.pth") && ContainsSubstring("sharpness, fog"));
  CHECK_THROWS_WITH(known_settings({recorded, 1}, "old.pth", reporter),
                    ContainsSubstring("\"epsilon\""));
  CHECK_THROWS_WITH(known_settings({all, kSettingsVersion + 1}, "new.pth", reporter),
                    ContainsSubstring("later seg"));
}

TEST_CASE("a run goes on with more epochs and other savings, else only as it was started") {
  const auto goes_on = [](const Json& changed) {
    Recipe now;
    change_recipe(now, changed, "now");
    try {
      check_resumable({}, now, "old.pth");
    } catch (const Error& error) {
      CHECK_THAT(error.what(), ContainsSubstring("old.pth: was started with "));
      return false;
    }
    return true;
  };
  for (const Json& change :
       std::vector<Json>{{}, {{"epochs", 1001}}, {{"save_every", 1}}, {{"cuda_graphs", false}}})
    CHECK(goes_on(change.is_null() ? Json::object() : change));
  for (const Json& change : std::vector<Json>{{{"epochs", 999}},
                                              {{"learning_rate", 0.02}},
                                              {{"optimizer", "adam"}},
                                              {{"freeze", {"encoder", "decoder"}}},
                                              {{"augmentation", {{"gamma", {0.9, 1.1}}}}}})
    CHECK_FALSE(goes_on(change));
}
