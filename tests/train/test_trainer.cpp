#include "seg/train/trainer.hpp"
#include "text.hpp"

#include <fstream>

#include "devices.hpp"
#include "seg/data/store.hpp"
#include "seg/train/model.hpp"
#include "seg/train/select.hpp"
#include "seg/train/training_log.hpp"
#include "tiny_training.hpp"

using namespace seg;
using namespace seg::train;
using namespace seg::test;
namespace fs = std::filesystem;

TEST_CASE("a run writes what nnU-Net writes, and validates the fold") {
  const test::TemporaryFolder folder;
  const auto work = test::write_tiny_work(folder);
  const auto result = train_through(work, tiny_options());
  CHECK_FALSE(result.interrupted);
  const auto fold = work / "results/nnUNetTrainer__nnUNetPlans__3d_fullres/fold_0";
  CHECK(result.folder == fold);
  for (const char* name :
       {"checkpoint_final.pth", "checkpoint_best.pth", "progress.json", "progress.png",
        "training_log.txt", "validation/summary.json", "../dataset.json", "../plans.json"})
    CHECK(fs::exists(fold / name));
  CHECK_FALSE(fs::exists(fold / "checkpoint_latest.pth"));

  const auto log = training_log_from_json(read_json(fold / "progress.json"), "progress.json");
  CHECK(log.epochs() == 2);
  CHECK(log.lrs[0] == 0.01);
  const auto checkpoint = net::read_checkpoint(fold / "checkpoint_final.pth");
  for (const char* key :
       {"network_weights", "optimizer_state", "grad_scaler_state", "logging", "_best_ema",
        "current_epoch", "init_args", "trainer_name", "inference_allowed_mirroring_axes"})
    CHECK(checkpoint.find(key));
  CHECK(checkpoint.find("current_epoch")->as<std::int64_t>("epoch") == 2);

  auto again = tiny_options();
  again.resume = true;
  CHECK(train_through(work, again).validation_dice == result.validation_dice);
}

TEST_CASE("a run interrupted in training and in validation ends with the same weights, bit for bit",
          "[gpu]") {
  const test::TemporaryFolder folder;
  const auto work = test::write_tiny_work(folder);
  auto options = tiny_options();
  options.device = GENERATE(from_range(devices())).str();
  options.precision = GENERATE("fp32", "bf16", "auto");
  const auto fold = train_through(work, options).folder;
  const auto expected = folder / "uninterrupted.pth";
  fs::copy_file(fold / "checkpoint_final.pth", expected);
  const auto expected_log = read_json(fold / "progress.json");
  fs::remove_all(fold);

  CHECK(train_until(work, options, {"epoch 1/2", 2}).interrupted);
  options.resume = true;
  CHECK(train_until(work, options, {"epoch 2/2", 1}).interrupted);
  CHECK(train_until(work, options, {"epoch 2/2", 4}).interrupted);
  CHECK_FALSE(train_through(work, options).interrupted);
  CHECK(equal_weights(expected, fold / "checkpoint_final.pth"));
  const auto log = read_json(fold / "progress.json");
  for (const char* series : {"train_losses", "val_losses", "mean_fg_dice", "ema_fg_dice", "lrs"})
    CHECK(log.at(series) == expected_log.at(series));
}

TEST_CASE("a run that was killed goes on from its best checkpoint and ends with the same weights") {
  const test::TemporaryFolder folder;
  const auto work = test::write_tiny_work(folder);
  auto options = tiny_options();
  const auto fold = train_through(work, options).folder;
  fs::rename(fold / "checkpoint_final.pth", folder / "uninterrupted.pth");
  fs::remove_all(fold);
  CHECK(train_until(work, options, {"epoch 2/2", 2}).interrupted);
  fs::remove(fold / "checkpoint_latest.pth");
  options.resume = true;
  train_through(work, options);
  CHECK(equal_weights(folder / "uninterrupted.pth", fold / "checkpoint_final.pth"));
}

TEST_CASE("the seed decides the weights") {
  const test::TemporaryFolder folder;
  const auto work = test::write_tiny_work(folder);
  auto options = tiny_options();
  options.settings["epochs"] = 1;
  const auto fold = train_through(work, options).folder;
  fs::copy_file(fold / "checkpoint_final.pth", folder / "seed7.pth");
  options.settings["seed"] = 8;
  options.overwrite = true;
  train_through(work, options);
  CHECK_FALSE(equal_weights(folder / "seed7.pth", fold / "checkpoint_final.pth"));
}

TEST_CASE("resuming is refused without a checkpoint or with other options, but epochs may grow") {
  const test::TemporaryFolder folder;
  const auto work = test::write_tiny_work(folder);
  auto options = tiny_options();
  options.resume = true;
  CHECK(contains(error_of(work, options), "no checkpoint to resume"));
  options.resume = false;
  CHECK(train_until(work, options, {"epoch 1/2", 1}).interrupted);
  options.resume = true;
  options.settings["learning_rate"] = 0.02;
  CHECK(contains(error_of(work, options), "learning_rate 0.01, not 0.02"));
  options.settings["learning_rate"] = 0.01;
  options.settings["epochs"] = 1;
  CHECK(contains(error_of(work, options), "epochs 2, not 1"));
  options.settings["epochs"] = 3;
  options.settings["save_every"] = 1;
  CHECK_FALSE(train_through(work, options).interrupted);
}

TEST_CASE("resuming without settings goes on with those of the interrupted run") {
  const test::TemporaryFolder folder;
  const auto work = test::write_tiny_work(folder);
  auto options = tiny_options();
  options.settings["optimizer"] = "adamw";
  options.settings["augmentation"] = {{"noise_probability", 0.5}};
  const auto fold = train_through(work, options).folder;
  fs::rename(fold / "checkpoint_final.pth", folder / "uninterrupted.pth");
  fs::remove_all(fold);
  CHECK(train_until(work, options, {"epoch 2/2", 1}).interrupted);
  options.settings = Json::object();
  options.resume = true;
  CHECK_FALSE(train_through(work, options).interrupted);
  CHECK(equal_weights(folder / "uninterrupted.pth", fold / "checkpoint_final.pth"));
}

TEST_CASE("a new run in a used folder keeps the earlier checkpoints until it has its own") {
  const test::TemporaryFolder folder;
  const auto work = test::write_tiny_work(folder);
  auto options = tiny_options();
  options.settings["epochs"] = 1;
  const auto fold = train_through(work, options).folder;
  options.overwrite = true;
  options.settings["learning_rate"] = 1e30;
  CHECK(contains(error_of(work, options), "no longer a number"));
  CHECK(fs::exists(fold / "checkpoint_final.pth"));
  options.settings["learning_rate"] = 0.01;
  CHECK(train_until(work, options, {"epoch 1/1", 1}).interrupted);
  CHECK(fs::exists(fold / "checkpoint_latest.pth"));
  CHECK_FALSE(fs::exists(fold / "checkpoint_final.pth"));
  CHECK_FALSE(fs::exists(fold / "validation"));
}

TEST_CASE("a loss that is no number ends the run with a line that says where") {
  const test::TemporaryFolder folder;
  const auto work = test::write_tiny_work(folder);
  auto options = tiny_options();
  options.settings["learning_rate"] = 1e30;
  CHECK(contains(error_of(work, options), "no longer a number in epoch 1/2"));
}

TEST_CASE("a checkpoint that cannot be written ends the run with a line that names it") {
  const test::TemporaryFolder folder;
  const auto work = test::write_tiny_work(folder);
  const auto fold = work / "results/nnUNetTrainer__nnUNetPlans__3d_fullres/fold_0";
  fs::create_directories(fold / "checkpoint_best.pth/in_the_way");
  CHECK(contains(error_of(work, tiny_options()), "checkpoint_best.pth"));
}

TEST_CASE("training starts from the weights of another run, heads drawn anew") {
  const test::TemporaryFolder folder;
  const auto work = test::write_tiny_work(folder);
  auto options = tiny_options();
  options.settings["epochs"] = 1;
  const auto fold = train_through(work, options).folder;
  options.pretrained = (folder / "source.pth").string();
  fs::copy_file(fold / "checkpoint_final.pth", *options.pretrained);
  options.settings["learning_rate"] = 1e-30;
  options.overwrite = true;
  train_through(work, options);
  const auto source = weights_of(*options.pretrained),
             copy = weights_of(fold / "checkpoint_final.pth");
  const std::string deep = "encoder.stages.0.0.convs.0.conv.weight";
  REQUIRE(source.find(deep));
  CHECK(at::equal(source.find(deep)->as<at::Tensor>("a"), copy.find(deep)->as<at::Tensor>("b")));
}

TEST_CASE("missing data and impossible options are named") {
  const test::TemporaryFolder folder;
  const auto work = test::write_tiny_work(folder);
  auto options = tiny_options();
  options.settings["epochs"] = 0;
  CHECK(contains(error_of(work, options), "\"epochs\" is 0"));
  options = tiny_options();
  options.configuration = "3d_huge";
  CHECK_FALSE(error_of(work, options).empty());
  fs::remove_all(work / "preprocessed");
  CHECK(contains(error_of(work, tiny_options()), "preprocess"));
}

TEST_CASE("fold all needs neither five cases nor splits that fit") {
  const test::TemporaryFolder folder;
  const auto work = test::write_tiny_work(folder);
  const fs::path dataset = data::dataset_folder({work});
  for (const char* name : {"ball_3", "ball_4", "ball_5"}) {
    fs::remove(dataset / "imagesTr" / (std::string(name) + "_0000.nii.gz"));
    fs::remove(dataset / "labelsTr" / (std::string(name) + ".nii.gz"));
  }
  write_json(work / "splits_final.json",
             Json::array({{{"train", {"old_name"}}, {"val", {"ball_1"}}}}));
  auto options = tiny_options();
  CHECK_THROWS_WITH(train_through(work, options), ContainsSubstring("old_name"));
  options.fold = "all";
  CHECK_FALSE(train_through(work, options).interrupted);
  options.overwrite = true;
  fs::remove(work / "splits_final.json");
  CHECK_FALSE(train_through(work, options).interrupted);
  CHECK_FALSE(fs::exists(work / "splits_final.json"));
  options.fold = "0";
  CHECK_THROWS_WITH(train_through(work, options), ContainsSubstring("at least 5"));
}

TEST_CASE("a fold that validates what it trains on says so, also in its log") {
  const test::TemporaryFolder folder;
  const auto work = test::write_tiny_work(folder);
  write_json(work / "splits_final.json",
             Json::array({{{"train", {"ball_0", "ball_1"}}, {"val", {"ball_1"}}}}));
  const auto result = train_through(work, tiny_options());
  const std::string log = bytes_of(result.folder / "training_log.txt");
  CHECK_THAT(log, ContainsSubstring("fold 0 validates cases that it trains on") &&
                      ContainsSubstring(": ball_1"));
  CHECK(fs::exists(result.folder / "validation/ball_1.nii.gz"));
  CHECK_FALSE(fs::exists(result.folder / "validation/ball_0.nii.gz"));
  auto options = tiny_options();
  options.fold = "3";
  const auto beyond = train_through(work, options);
  CHECK_THAT(bytes_of(beyond.folder / "training_log.txt"), ContainsSubstring("has no fold 3"));
}

TEST_CASE("a model whose plan resamples by LibTorch, or not at all, trains and validates") {
  for (const std::string function : {"resample_torch_fornnunet", "no_resampling_hack"}) {
    const test::TemporaryFolder folder;
    test::TinyTask task;
    task.plans = tiny_plans();
    Json& configuration = task.plans["configurations"]["3d_fullres"];
    configuration["spacing"] = {1.2, 0.9, 1.0};
    for (const std::string what : {"data", "seg", "probabilities"}) {
      configuration["resampling_fn_" + what] = function;
      configuration["resampling_fn_" + what + "_kwargs"] =
          function == "no_resampling_hack"
              ? Json::object()
              : Json{{"is_seg", what == "seg"}, {"force_separate_z", false}};
    }
    const auto work = test::write_tiny_work(folder, task);
    const auto stored = data::open_case(work / "preprocessed/nnUNetPlans_3d_fullres", "ball_0");
    CHECK(stored.data.sizes() == (function == "no_resampling_hack"
                                      ? at::IntArrayRef({1, 20, 18, 16})
                                      : at::IntArrayRef({1, 17, 20, 16})));
    auto options = tiny_options();
    options.fold = "all";
    const auto result = train_through(work, options);
    const auto labels = data::read_label_map(result.folder / "validation/ball_0.nii.gz");
    CHECK(labels.data.sizes() == at::IntArrayRef({1, 20, 18, 16}));
  }
}

TEST_CASE("a run is not resumed, nor selected from, with another split than it was trained with") {
  const test::TemporaryFolder folder;
  const auto work = test::write_tiny_work(folder);
  auto options = tiny_options();
  const auto fold = train_through(work, options).folder;
  const Json trained = read_json(fold / "split.json");
  CHECK(trained == read_json(work / "splits_final.json")[0]);
  const Json other = {{"train", trained["train"]}, {"val", {trained["train"][0]}}};
  write_json(work / "splits_final.json", Json::array({other}));
  options.resume = true;
  options.settings["epochs"] = 3;
  CHECK(contains(error_of(work, options), "was trained with another split"));
  SelectOptions selection;
  selection.configurations = {"3d_fullres"};
  CHECK_THROWS_WITH(select_configuration(work, selection),
                    ContainsSubstring("was trained with another split"));
  options.resume = false;
  options.overwrite = true;
  train_through(work, options);
  CHECK(read_json(fold / "split.json") == other);
}

TEST_CASE("plans that were edited since are neither resumed with nor put upon other folds") {
  const test::TemporaryFolder folder;
  const auto work = test::write_tiny_work(folder);
  auto options = tiny_options();
  const auto fold = train_through(work, options).folder;
  const auto with = [&](const std::string& key, const Json& value) {
    Json plans = read_json(fold.parent_path() / "plans.json");
    plans[Json::json_pointer(key)] = value;
    write_json(work / "plans.json", plans);
  };
  with("/image_reader_writer", "NibabelIOWithReorient");
  options.settings["epochs"] = 3;
  options.resume = true;
  CHECK(contains(error_of(work, options), "was trained with another image_reader"));
  options.resume = false;
  options.fold = "1";
  CHECK(contains(error_of(work, options), "another image_reader is planned than trained fold_0"));
  CHECK_FALSE(fs::exists(fold.parent_path() / "fold_1"));
  with("/configurations/3d_fullres/normalization_schemes", {"NoNormalization"});
  CHECK(contains(error_of(work, options), "another normalization_schemes"));
  with("/configurations/3d_fullres/batch_size", 1);  // folds may differ in it
  train_through(work, options);

  with("/configurations/3d_fullres/normalization_schemes", {"NoNormalization"});
  options.overwrite = true;
  train_through(work, options);  // the model has one fold of each plan now
  std::string warning;
  Reporter reporter;
  reporter.warning = [&](const std::string& line) { warning += line; };
  describe_model(fold.parent_path(), {}, reporter);
  CHECK(contains(warning,
                 "fold_0/checkpoint_final.pth was trained with another "
                 "normalization_schemes than plans.json says"));
  CHECK_FALSE(contains(warning, "fold_1"));
}
