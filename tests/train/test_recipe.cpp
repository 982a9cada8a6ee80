#include "seg/train/recipe.hpp"

#include "catch.hpp"
#include "seg/plan/error.hpp"

namespace {

using namespace seg;
using namespace seg::train;

std::string refusal(const Json& settings) {
  Recipe recipe = default_recipe();
  try {
    change_recipe(recipe, settings, "mine.json");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("the recipe of configs is nnU-Net's") {
  const Recipe recipe = default_recipe();
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

TEST_CASE("settings change what they name and nothing else") {
  Recipe recipe = default_recipe();
  change_recipe(recipe,
                {{"optimizer", "adamw"},
                 {"batch_size", 4},
                 {"freeze", {"encoder"}},
                 {"augmentation", {{"gamma", {0.9, 1.1}}, {"zoom_probability", 0}}}},
                "mine.json");
  Json expected = to_json(default_recipe());
  expected["optimizer"] = "adamw";
  expected["batch_size"] = 4;
  expected["freeze"] = {"encoder"};
  expected["augmentation"]["gamma"] = {0.9, 1.1};
  expected["augmentation"]["zoom_probability"] = 0.0;
  CHECK(to_json(recipe) == expected);
}

TEST_CASE("a recipe goes through its text unchanged") {
  Recipe recipe = default_recipe(), copy = default_recipe();
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
