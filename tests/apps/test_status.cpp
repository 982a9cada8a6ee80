#include <algorithm>
#include <chrono>
#include <thread>

#include "catch.hpp"
#include "help_texts.hpp"
#include "seg/plan/files.hpp"
#include "text.hpp"
#include "tiny_model.hpp"

namespace fs = std::filesystem;
using namespace seg::test;

namespace {

seg::Json status_of(const fs::path& work) {
  const Outcome outcome = run_seg({"status", work.string(), "--json"});
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  return seg::Json::parse(outcome.out);
}

}  // namespace

TEST_CASE("status tells what is planned, preprocessed, trained and validated") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const fs::path work = folder / "work";
  const seg::Json planned = status_of(work);
  const auto cases = planned["cases"].get<int>();
  CHECK(cases > 0);
  REQUIRE_FALSE(planned["configurations"].empty());
  for (const auto& one : planned["configurations"]) CHECK(one["preprocessed"] == 0);
  CHECK(planned["folds"].empty());

  REQUIRE(run_seg(tiny_training(work)).exit_code == 0);
  const seg::Json trained = status_of(work);
  int preprocessed = 0;
  for (const auto& one : trained["configurations"]) preprocessed += one["preprocessed"].get<int>();
  CHECK(preprocessed == cases);
  REQUIRE(trained["folds"].size() == 1);
  const seg::Json& fold = trained["folds"][0];
  CHECK(fold["fold"] == "fold_0");
  CHECK(fold["state"] == "validated");
  CHECK(fold["epochs"] == fold["all_epochs"]);
  CHECK(fold["validation_dice"].is_number());
  CHECK(fold["seconds_left"].is_null());
  CHECK(fold["process"] == "");
}

TEST_CASE("status names the process that trains, and a run that was killed as stopped") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const fs::path work = folder / "work";
  auto arguments = tiny_training(work);
  *(std::ranges::find(arguments, "--epochs") + 1) = "5000";
  arguments.insert(arguments.end(), {"--save-every", "1"});
  RunningSeg training(arguments);
  seg::Json fold;
  for (int attempt = 0; attempt < 600 && !training.has_ended(); ++attempt) {
    const seg::Json folds = status_of(work)["folds"];
    if (!folds.empty()) fold = folds[0];
    if (fold.is_object() && fold["epochs"] > 1) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  REQUIRE(fold.is_object());
  CHECK(fold["state"] == "running");
  CHECK(fold["all_epochs"] == 5000);
  CHECK(fold["seconds_left"] > 0);
  CHECK(fold["process"].get<std::string>().find(std::to_string(training.process())) !=
        std::string::npos);
  training.send(SIGKILL);
  training.outcome();
  const seg::Json after = status_of(work)["folds"][0];
  CHECK(after["state"] == "stopped");
  CHECK(after["epochs"] > 1);
  CHECK(after["process"] == "");
}

namespace {

/// As a training of three epochs leaves it, of ten.
void write_run(const fs::path& fold, const std::string& checkpoint) {
  const seg::Json three = {0.5, 0.4, 0.3};
  seg::write_json(fold / "settings.json", {{"after_epochs", 0}, {"settings", {{"epochs", 10}}}});
  seg::write_json(fold / "progress.json", {{"mean_fg_dice", {0.5, 0.7, 0.6}},
                                           {"ema_fg_dice", {0.5, 0.52, 0.528}},
                                           {"dice_per_class_or_region", {{0.5}, {0.7}, {0.6}}},
                                           {"train_losses", three},
                                           {"val_losses", three},
                                           {"lrs", three},
                                           {"epoch_start_timestamps", {100, 160, 220}},
                                           {"epoch_end_timestamps", {160, 220, 280}}});
  write_text(fold / checkpoint, "weights");
}

/// Words of the line that begins with others.
std::vector<std::string> words_after(const std::string& text, const std::string& start) {
  const auto lines = lines_with(text, start);
  INFO(text);
  REQUIRE(lines.size() == 1);
  return words_of(lines.front().substr(start.size()));
}

}  // namespace

TEST_CASE("status shows the moving average of the Dice, the epochs and the validation in a table") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const fs::path work = folder / "work", model = model_in(work);
  const std::string name = model.filename().string();
  CHECK(contains(run_seg({"status", work.string()}).out, "\nnothing is trained yet\n"));
  write_run(model / "fold_0", "checkpoint_latest.pth");
  write_run(model / "fold_1", "checkpoint_final.pth");
  seg::write_json(model / "fold_1/validation/summary.json",
                  {{"foreground_mean", {{"Dice", 0.87654}}}});
  const seg::Json folds = status_of(work)["folds"];
  REQUIRE(folds.size() == 2);
  CHECK(folds[0]["ema_dice"] == 0.528);
  CHECK(folds[0]["epochs"] == 3);
  CHECK(folds[0]["all_epochs"] == 10);
  CHECK(folds[0]["validation_dice"].is_null());
  CHECK(folds[1]["validation_dice"] == 0.87654);

  using Words = std::vector<std::string>;
  const Outcome outcome = run_seg({"status", work.string()});
  REQUIRE(outcome.exit_code == 0);
  CHECK(words_after(outcome.out, "plans  configuration") == Words{"preprocessed"});
  CHECK(words_after(outcome.out, "plans  3d_fullres") == Words{"0", "of", "5"});
  CHECK(words_after(outcome.out, "model ") ==
        Words{"fold", "state", "epochs", "EMA", "Dice", "time", "left", "validation", "Dice"});
  CHECK(words_after(outcome.out, name + "  fold_0") ==
        Words{"stopped", "3", "of", "10", "0.5280", "-", "-"});
  CHECK(words_after(outcome.out, name + "  fold_1") ==
        Words{"validated", "3", "of", "10", "0.5280", "-", "0.8765"});
}

TEST_CASE("status tells the moving average that a training's own log gives") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const fs::path work = folder / "work";
  auto arguments = tiny_training(work);
  *(std::ranges::find(arguments, "--epochs") + 1) = "3";
  REQUIRE(run_seg(arguments).exit_code == 0);
  const seg::Json dice = seg::read_json(model_in(work) / "fold_0/progress.json").at("mean_fg_dice");
  REQUIRE(dice.size() == 3);
  double average = dice[0].get<double>();
  for (int epoch : {1, 2}) average = 0.9 * average + 0.1 * dice[epoch].get<double>();
  CHECK(status_of(work)["folds"][0]["ema_dice"].get<double>() == Approx(average));
}

TEST_CASE("status of a folder without plans says so") {
  const TemporaryFolder folder;
  const Outcome outcome = run_seg({"status", folder.path().string()});
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.err.find("it holds no plans") != std::string::npos);
}

TEST_CASE("a mistyped command or option is told the nearest") {
  const auto message = [](const std::vector<std::string>& arguments) {
    const Outcome outcome = run_seg(arguments);
    CHECK(outcome.exit_code == 2);
    return outcome.err;
  };
  const auto expect = [&](const std::vector<std::string>& arguments, const std::string& text) {
    CHECK_THAT(message(arguments), ContainsSubstring(text));
  };
  expect({"trian", "work"}, "there is no command trian; did you mean train?");
  expect({"evalute"}, "did you mean evaluate?");
  expect({"convert", "tabel", "a", "b"}, "no command convert tabel; did you mean table?");
  expect({"convert", "v1", "a", "b", "--job=2"}, "there is no option --job; did you mean --jobs?");
  expect({"--verison"}, "there is no option --verison; did you mean --version?");
  expect({"train", "work", "--config", "2d", "--epoch", "3"}, "did you mean --epochs?");
  expect({"predict", "--moddel=x"}, "did you mean --model?");
  expect({"predict", "--outputtype", "nrrd"},
         "there is no option --outputtype; did you mean --output-type?");
  expect({"predict", "-Z3"}, "there is no option -Z;");
  expect({"plan", "d", "--jobs", "-3"}, "-3 is not above 0");
  CHECK_THAT(message({"zzzzzzz"}), !ContainsSubstring("did you mean"));
}
