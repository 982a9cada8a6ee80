#include <algorithm>

#include "catch.hpp"
#include "seg/data/splits.hpp"
#include "seg/train/trainer_presets.hpp"
#include "seg/train/work_status.hpp"
#include "text.hpp"
#include "tiny_training.hpp"

namespace fs = std::filesystem;
using namespace seg;
using namespace seg::test;

namespace {

train::TrainOptions short_options() {
  auto options = tiny_options();
  options.settings = {{"epochs", 1}, {"iterations", 2}, {"val_iterations", 1}, {"seed", 7}};
  return options;
}

const std::atomic<bool> never = false;

std::string error_in(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

std::string state_of(const fs::path& work, const std::string& model, const std::string& fold) {
  for (const auto& one : train::work_status({work}).folds)
    if (one.model == model && one.fold == fold) return one.state;
  return "";
}

}  // namespace

TEST_CASE("a run with a name lies beside the others, where nnU-Net still parses its folder") {
  const TemporaryFolder folder;
  const auto work = write_tiny_work(folder);
  auto options = short_options();
  const auto plain = train_through(work, options).folder;
  const auto before = bytes_of(plain / "checkpoint_final.pth");
  options.name = "low-rate_2";
  options.settings["learning_rate"] = 0.001;
  const auto named = train_through(work, options).folder;
  CHECK(named == work / "results/nnUNetTrainer-low-rate_2__nnUNetPlans__3d_fullres/fold_0");
  CHECK(bytes_of(plain / "checkpoint_final.pth") == before);
  // nnU-Net looks for the trainer's class by what the checkpoint says.
  const auto checkpoint = net::read_checkpoint(named / "checkpoint_final.pth");
  CHECK(checkpoint.find("trainer_name")->as<std::string>("name") == "nnUNetTrainer");
  for (const char* name : {"a/b", "..", "a__b", "a_", "-a", ".a", "a b", "\xc3\xa4"}) {
    options.name = name;
    CHECK(contains(error_of(work, options), "cannot name a run"));
  }
}

TEST_CASE("a finished run is replaced only when that is asked for") {
  const TemporaryFolder folder;
  const auto work = write_tiny_work(folder);
  auto options = short_options();
  const auto fold = train_through(work, options).folder;
  const auto before = bytes_of(fold / "checkpoint_final.pth");
  options.settings["seed"] = 8;
  CHECK(contains(error_of(work, options), "holds a finished run"));
  CHECK(bytes_of(fold / "checkpoint_final.pth") == before);
  options.overwrite = true;
  CHECK(train_through(work, options).folder == fold);
  CHECK(bytes_of(fold / "checkpoint_final.pth") != before);
}

TEST_CASE(
    "going on with new folds does not change the settings that the others were trained with") {
  const TemporaryFolder folder;
  const auto work = write_tiny_work(folder);
  auto options = short_options();
  train_through(work, options);
  options.fold = "1";
  options.settings["learning_rate"] = 0.5;
  const std::string problem = error_in([&] { train::go_on(work, options, never); });
  CHECK(contains(problem, "fold_0 was trained with another learning_rate"));
  CHECK(contains(problem, "give the same settings"));
  options.settings.erase("learning_rate");
  CHECK_FALSE(train::go_on(work, options, never).was_finished);
}

TEST_CASE("going on skips what is finished, resumes what was stopped and trains the rest") {
  const TemporaryFolder folder;
  const auto work = write_tiny_work(folder);
  CHECK(train::fold_names(work) == std::vector<std::string>{"0", "1", "2", "3", "4"});
  auto options = tiny_options();
  options.fold = "1";
  const auto fold = train_through(work, options).folder;
  const auto finished = bytes_of(fold / "checkpoint_final.pth");
  const auto skipped = train::go_on(work, options, never);
  CHECK(skipped.was_finished);
  CHECK(skipped.folder == fold);
  CHECK(bytes_of(fold / "checkpoint_final.pth") == finished);

  fs::rename(fold, folder / "uninterrupted");
  CHECK(train_until(work, options, {"epoch 2/2", 2}).interrupted);
  const auto resumed = train::go_on(work, options, never);
  CHECK_FALSE(resumed.was_finished);
  CHECK(
      equal_weights(folder / "uninterrupted/checkpoint_final.pth", fold / "checkpoint_final.pth"));

  fs::remove_all(fold);
  CHECK_FALSE(train::go_on(work, options, never).was_finished);
  CHECK(
      equal_weights(folder / "uninterrupted/checkpoint_final.pth", fold / "checkpoint_final.pth"));
}

TEST_CASE("going on refuses other settings and plans than a finished fold has, and trains longer") {
  const TemporaryFolder folder;
  const auto work = write_tiny_work(folder);
  auto options = tiny_options();
  const auto epochs = options.settings.at("epochs").get<int>();
  train_through(work, options);
  auto other = options;
  other.settings["learning_rate"] = 0.5;
  CHECK(contains(error_in([&] { train::go_on(work, other, never); }),
                 "was started with learning_rate 0.01, not 0.5"));
  other.settings = Json::object();
  CHECK(train::go_on(work, other, never).was_finished);
  Json plans = read_json(work / "plans.json");
  const Json planned = plans;
  plans["configurations"]["3d_fullres"]["normalization_schemes"][0] = "NoNormalization";
  write_json(work / "plans.json", plans);
  CHECK(contains(error_in([&] { train::go_on(work, options, never); }),
                 "was trained with another normalization_schemes than is planned"));
  write_json(work / "plans.json", planned);
  options.settings["epochs"] = epochs + 1;
  const auto longer = train::go_on(work, options, never);
  CHECK_FALSE(longer.was_finished);
  CHECK(read_json(longer.folder / "progress.json").at("mean_fg_dice").size() == epochs + 1U);
}

TEST_CASE("folds of one model that are told different things are named") {
  const TemporaryFolder folder;
  const auto work = write_tiny_work(folder);
  auto options = short_options();
  train_through(work, options);
  std::vector<std::string> warnings;
  const auto keep = [&](const std::string& line) { warnings.push_back(line); };
  const Reporter reporter{.info = {}, .warning = keep, .progress = {}};
  const auto warned = [&] {
    return std::ranges::any_of(warnings, [](const std::string& line) {
      return contains(line, "fold_0 was trained with another learning_rate");
    });
  };
  options.fold = "1";
  options.settings["seed"] = 77;
  train::train(work, options, never, reporter);
  CHECK_FALSE(warned());
  options.fold = "2";
  options.settings["learning_rate"] = 0.5;
  train::train(work, options, never, reporter);
  CHECK(warned());
}

TEST_CASE("the status tells of a fold whose cases are others now, and of one that was killed") {
  const TemporaryFolder folder;
  const auto work = write_tiny_work(folder);
  const auto fold = train_through(work, short_options()).folder;
  CHECK_FALSE(train::work_status({work}).folds.at(0).other_split);
  write_json(work / "splits_final.json",
             Json::array({{{"train", {"ball_0", "ball_1"}}, {"val", {"ball_2"}}}}));
  CHECK(train::work_status({work}).folds.at(0).other_split);
  fs::remove(fold / "checkpoint_final.pth");
  fs::remove_all(fold / "validation");
  CHECK(train::work_status({work}).folds.at(0).state == "stopped");
  for (const char* checkpoint : {"checkpoint_best.pth", "checkpoint_latest.pth"})
    fs::remove(fold / checkpoint);
  CHECK(train::work_status({work}).folds.at(0).state == "cut short");
  fs::remove(fold / "progress.json");
  CHECK(train::work_status({work}).folds.at(0).state == "empty");
}

TEST_CASE("who only looks at a training writes no splits for cases that came since") {
  const TemporaryFolder folder;
  const auto work = write_tiny_work(folder);
  const fs::path file = work / "splits_final.json";
  data::write_splits(file, data::make_splits({"ball_0", "ball_1"}, 2));
  const auto before = bytes_of(file);
  CHECK(train::fold_names(work).size() == 2);
  CHECK_FALSE(train::is_finished(work, short_options()));
  const auto lines = train::train_intentions(work, short_options());
  CHECK(std::ranges::count(lines, "replaces " + file.string()) == 1);
  CHECK(bytes_of(file) == before);
}

TEST_CASE("going on does not take a fold of another split for finished") {
  const TemporaryFolder folder;
  const auto work = write_tiny_work(folder);
  const auto options = short_options();
  train_through(work, options);
  write_json(work / "splits_final.json",
             Json::array({{{"train", {"ball_0", "ball_1"}}, {"val", {"ball_2"}}}}));
  CHECK(train::fold_names(work) == std::vector<std::string>{"0"});
  CHECK(contains(error_in([&] { train::go_on(work, options, never); }),
                 "was trained with another split"));
}

TEST_CASE("validation alone repeats what training ended with, from the checkpoint it is given") {
  const TemporaryFolder folder;
  const auto work = write_tiny_work(folder);
  auto options = tiny_options();
  const auto trained = train_through(work, options);
  const auto validation = trained.folder / "validation";
  fs::rename(validation, folder / "validation");
  const auto weights = bytes_of(trained.folder / "checkpoint_final.pth");
  const auto repeated = train::validate(work, options, never);
  CHECK(repeated.validation_dice == trained.validation_dice);
  CHECK(bytes_of(trained.folder / "checkpoint_final.pth") == weights);
  for (const auto& one : fs::directory_iterator(folder / "validation"))
    if (one.path().extension() == ".gz")
      CHECK(bytes_of(one.path()) == bytes_of(validation / one.path().filename()));

  options.checkpoint = "best";
  train::validate(work, options, never);
  CHECK(contains(bytes_of(trained.folder / "training_log.txt"), "checkpoint_best.pth"));
  options.checkpoint = "latest";
  CHECK(contains(error_in([&] { train::validate(work, options, never); }),
                 "checkpoint_latest.pth: is not there"));
  options.checkpoint = "final";
  for (const Json& other :
       {Json{{"epochs", 7}}, Json{{"save_every", 3}}, Json{{"learning_rate", 5}}}) {
    auto with_settings = options;
    with_settings.settings.update(other);  // those of the training are what it goes by anyway
    const std::string problem = "was trained with another " + other.begin().key();
    CHECK(contains(error_in([&] { train::validate(work, with_settings, never); }), problem));
    CHECK(contains(error_in([&] { train::validate_intentions(work, with_settings); }), problem));
  }
  options.checkpoint = (trained.folder / "checkpoint_final.pth").string();
  options.fold = "1";
  CHECK(contains(error_in([&] { train::validate(work, options, never); }),
                 "was trained with another cases"));
}

TEST_CASE("a trial leaves no checkpoint but is validated") {
  const TemporaryFolder folder;
  const auto work = write_tiny_work(folder);
  auto options = short_options();
  options.keep_checkpoints = false;
  const auto result = train_through(work, options);
  for (const auto& one : fs::recursive_directory_iterator(result.folder))
    CHECK(one.path().extension() != ".pth");
  CHECK(fs::exists(result.folder / "validation/summary.json"));
  CHECK(fs::exists(result.folder / "progress.json"));
  CHECK(state_of(work, "nnUNetTrainer__nnUNetPlans__3d_fullres", "fold_0") == "validated");
  CHECK(train::go_on(work, options, never).was_finished);
  options.resume = true;
  CHECK(contains(error_of(work, options), "cannot be resumed without keeping checkpoints"));
  auto with_checkpoints = short_options();
  CHECK(
      contains(error_of(work, with_checkpoints), "holds a finished run that kept no checkpoints"));
  with_checkpoints.overwrite = true;
  CHECK(train_through(work, with_checkpoints).validation_dice == result.validation_dice);
}

TEST_CASE(
    "a trial takes neither a finished trial's place nor a stopped run's unless it is told to") {
  const TemporaryFolder folder;
  const auto work = write_tiny_work(folder);
  auto trial = short_options();
  trial.keep_checkpoints = false;
  const auto fold = train_through(work, trial).folder;
  const auto summary = bytes_of(fold / "validation/summary.json");
  trial.settings["seed"] = 9;
  CHECK(contains(error_of(work, trial), "holds a finished run"));
  CHECK(bytes_of(fold / "validation/summary.json") == summary);

  auto stopped = tiny_options();
  stopped.fold = trial.fold = "1";
  const auto kept = train_until(work, stopped, {"epoch 2/2", 2}).folder;
  const auto latest = bytes_of(kept / "checkpoint_latest.pth");
  CHECK(contains(error_of(work, trial), "holds a run that was stopped"));
  CHECK(bytes_of(kept / "checkpoint_latest.pth") == latest);
  trial.overwrite = true;
  train_through(work, trial);
  CHECK_FALSE(fs::exists(kept / "checkpoint_latest.pth"));
  CHECK(contains(bytes_of(kept / "training_log.txt"), "replaces it after its first epoch"));
}

TEST_CASE("settings that do nothing beside the others are told") {
  const TemporaryFolder folder;
  const auto work = write_tiny_work(folder);
  const auto told = [&](const Json& settings) {
    auto options = tiny_options();
    options.settings = settings;
    std::string lines;
    Reporter reporter;
    reporter.warning = [&](const std::string& line) { lines += line + '\n'; };
    train::settings_in_use(work, options, reporter);
    return lines;
  };
  CHECK(told({{"optimizer", "sgd"}, {"momentum", 0.5}, {"epsilon", 1e-8}}).empty());
  CHECK(contains(told({{"amsgrad", true}}),
                 "`amsgrad` of the options does nothing with the optimizer sgd"));
  CHECK(contains(told({{"optimizer", "adamw"}, {"momentum", 0.5}}),
                 "`momentum` of the options does nothing"));
  const std::string of_loss = told({{"loss", "ce"}, {"dice_smoothing", 3}, {"skeleton_weight", 7}});
  CHECK(contains(of_loss, "`dice_smoothing` of the options does nothing with the loss ce"));
  CHECK(contains(of_loss, "`skeleton_weight` of the options does nothing with the loss ce"));
  CHECK(told({{"loss", "dice_ce_skeleton"}, {"skeleton_weight", 7}}).empty());
  const std::string unchanged =
      told({{"augment", false}, {"augmentation", {{"rotation_probability", 0.5}}}});
  CHECK(contains(unchanged, "`augmentation` does nothing without `augment`"));
}
