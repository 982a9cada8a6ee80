#include "seg/train/trainer.hpp"
#include "text.hpp"

#include <fstream>

#include "devices.hpp"
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
  options.settings["learning_rate"] = 1e30;
  CHECK_FALSE(error_of(work, options).empty());
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
