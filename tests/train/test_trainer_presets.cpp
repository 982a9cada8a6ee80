#include "seg/train/trainer_presets.hpp"

#include "catch.hpp"
#include "seg/net/checkpoint_file.hpp"
#include "seg/plan/error.hpp"
#include "seg/train/model.hpp"
#include "seg/train/recipe.hpp"
#include "seg/train/schedule.hpp"
#include "text.hpp"
#include "tiny_training.hpp"
#include "train/patch_geometry.hpp"

using namespace seg;
using namespace seg::train;
using namespace seg::test;

TEST_CASE("every trainer's settings make a recipe, in 2D and in 3D") {
  for (const std::string& trainer : trainer_names())
    for (const std::size_t axes : {2, 3}) {
      INFO(trainer);
      Recipe recipe;
      change_recipe(recipe, trainer_settings(trainer, axes), trainer);
      CHECK((to_json(recipe) == to_json(Recipe{})) == (trainer == "nnUNetTrainer"));
    }
}

TEST_CASE("an unknown trainer is refused with the names of those there are") {
  CHECK_THROWS_WITH(trainer_settings("nnUNetTrainerDA6", 3),
                    Catch::Matchers::Contains("nnUNetTrainerDA6") &&
                        Catch::Matchers::Contains("nnUNetTrainerDA5,"));
}

TEST_CASE("mirror axes of a trainer are those that the patch has") {
  Recipe recipe;
  change_recipe(recipe, trainer_settings("nnUNetTrainer_onlyMirror01", 2), "2d");
  CHECK(patch_geometry(recipe, {32, 32}).mirror_axes == std::vector<int>{0});
  change_recipe(recipe, trainer_settings("nnUNetTrainer_onlyMirror01", 3), "3d");
  CHECK(patch_geometry(recipe, {32, 32, 32}).mirror_axes == std::vector<int>{0, 1});
  recipe.mirroring = false;
  CHECK(patch_geometry(recipe, {32, 32, 32}).mirror_axes.empty());
  recipe.mirroring = true;
  recipe.mirror_axes = {{2}};
  CHECK_THROWS_WITH(patch_geometry(recipe, {32, 32}), Catch::Matchers::Contains("axis"));
}

TEST_CASE("the decoder's warm-up comes before that of all, and the rate rises in both") {
  const Schedule schedule{
      .learning_rate = 1, .epochs = 10, .warm_up_epochs = 2, .decoder_warm_up_epochs = 2};
  CHECK(learning_rate_at(schedule, 0) == 0.5);
  CHECK(learning_rate_at(schedule, 1) == 1);
  CHECK(learning_rate_at(schedule, 2) == 0.5);
  CHECK(learning_rate_at(schedule, 3) == 1);
  CHECK(learning_rate_at(schedule, 4) == 1);
  CHECK(learning_rate_at(schedule, 7) < 1);
}

TEST_CASE("a trainer's model has its name, its settings and its mirror axes, and predicts") {
  const TemporaryFolder folder;
  const auto work = write_tiny_work(folder);
  auto options = tiny_options();
  options.trainer = "nnUNetTrainer_onlyMirror01_DA5";
  options.settings["loss"] = "dice_topk";
  const auto result = train_through(work, options);
  const auto model = work / "results/nnUNetTrainer_onlyMirror01_DA5__nnUNetPlans__3d_fullres";
  CHECK(result.folder == model / "fold_0");
  CHECK(load_model(model, {}).mirror_axes == std::vector<int>{0, 1});
  const auto content = net::read_checkpoint(result.folder / "checkpoint_final.pth");
  CHECK(content.find("trainer_name")->as<std::string>("name") == options.trainer);
  Json settings = settings_in_use(work, options);
  CHECK(settings.at("augmentation").at("rot90_probability") ==
        Json{{"value", 0.5}, {"from", "trainer"}});
}

TEST_CASE("batch normalisation goes into the plan of the model, too") {
  const TemporaryFolder folder;
  const auto work = write_tiny_work(folder);
  auto options = tiny_options();
  options.settings["batch_norm"] = true;
  const auto result = train_through(work, options);
  const auto model = load_model(result.folder.parent_path(), {});
  CHECK(contains(model.configuration.architecture.arguments.at("norm_op").get<std::string>(),
                 "BatchNorm3d"));
  weight_of(result.folder / "checkpoint_final.pth", "encoder.stages.0.0.convs.0.norm.running_mean");
}

TEST_CASE("the skeleton's loss trains") {
  const TemporaryFolder folder;
  const auto work = write_tiny_work(folder);
  auto options = tiny_options();
  options.trainer = "nnUNetTrainerSkeletonRecall";
  CHECK_FALSE(train_through(work, options).interrupted);
}

TEST_CASE("with the first head alone the lower ones learn nothing") {
  TinyTask task;
  task.plans = tiny_plans();
  task.plans["configurations"]["3d_fullres"]["head_weights"] = {0.7, 0.3};
  auto options = tiny_options();
  options.settings["weight_decay"] = 0;
  const std::string lower_head = "decoder.seg_layers.0.weight";
  const auto moves = [&](bool first_head_only) {
    options.settings["first_head_only"] = first_head_only;
    const auto head_when = [&](const StopAt& place) {
      const TemporaryFolder folder;
      const auto result = train_until(write_tiny_work(folder, task), options, place);
      return weight_of(result.folder / "checkpoint_latest.pth", lower_head).clone();
    };
    return !at::equal(head_when({"epoch 1/2", 0}), head_when({"epoch 1/2", 3}));
  };
  CHECK(moves(false));
  CHECK_FALSE(moves(true));
}

TEST_CASE("the first head alone is refused for a loss that has other heads") {
  const TemporaryFolder folder;
  auto options = tiny_options();
  options.settings.update({{"first_head_only", true}, {"loss", "ege_unet"}});
  const auto work = write_tiny_work(folder);
  CHECK_THROWS_WITH(train_through(work, options), Catch::Matchers::Contains("first_head_only"));
}

TEST_CASE("while the decoder warms up the encoder rests") {
  auto options = tiny_options();
  options.settings["epochs"] = 3;
  options.settings["decoder_warm_up_epochs"] = 1;
  const std::string encoder = "encoder.stages.0.0.convs.0.conv.weight";
  const std::string decoder = "decoder.stages.0.convs.0.conv.weight";
  const auto weights_when = [&](const StopAt& place) {
    const TemporaryFolder other;
    const auto result = train_until(write_tiny_work(other), options, place);
    const auto file = result.folder / "checkpoint_latest.pth";
    return std::pair{weight_of(file, encoder).clone(), weight_of(file, decoder).clone()};
  };
  const auto start = weights_when({"epoch 1/3", 0}), first = weights_when({"epoch 1/3", 3}),
             second = weights_when({"epoch 2/3", 3});
  CHECK(at::equal(first.first, start.first));
  CHECK_FALSE(at::equal(first.second, start.second));
  CHECK_FALSE(at::equal(second.first, start.first));
}
