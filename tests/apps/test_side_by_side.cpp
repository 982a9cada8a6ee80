#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "catch.hpp"
#include "expect_error.hpp"
#include "seg/net/checkpoint_file.hpp"
#include "seg/plan/files.hpp"
#include "tiny_model.hpp"

namespace fs = std::filesystem;
using namespace seg::test;

namespace {

constexpr int kPairs = 3;

/// tiny_training() with another value of one of its options.
std::vector<std::string> training_with(const fs::path& work, const std::string& option,
                                       const std::string& value) {
  auto arguments = tiny_training(work);
  *(std::ranges::find(arguments, option) + 1) = value;
  return arguments;
}

struct Pair {
  Outcome first, second;
};

/// Starts two commands at the same moment and waits for both.
Pair run_pair(const std::vector<std::string>& first, const std::vector<std::string>& second) {
  RunningSeg one(first), other(second);
  return {one.outcome(), other.outcome()};
}

/// What a run says whose folder another has in use, or finished meanwhile: one line, and exit code
/// 1.
void expect_refused(const Outcome& outcome) {
  INFO(outcome.err);
  CHECK(outcome.exit_code == 1);
  const auto errors = lines_with(outcome.err, "error: ");
  REQUIRE(errors.size() == 1);
  CHECK((errors[0].find("is in use by process ") != std::string::npos ||
         errors[0].find("holds a finished run") != std::string::npos));
}

/// One did its work; the other did its too, after it, or was refused.
void expect_one_or_both(const Pair& pair) {
  CHECK((pair.first.exit_code == 0 || pair.second.exit_code == 0));
  for (const Outcome* outcome : {&pair.first, &pair.second})
    if (outcome->exit_code != 0) expect_refused(*outcome);
}

/// Seeds of the runs that a log tells of.
std::set<std::string> seeds_in(const std::string& log) {
  std::set<std::string> seeds;
  for (std::size_t at = log.find(", seed "); at != std::string::npos;
       at = log.find(", seed ", at + 1))
    seeds.insert(log.substr(at + 7, 1));
  return seeds;
}

std::string recorded_seed(const fs::path& checkpoint) {
  const auto content = seg::net::read_checkpoint(checkpoint);
  const auto text = content.find("seg")->find("options")->as<std::string>("options");
  return seg::Json::parse(text).at("settings").at("seed").dump();
}

void wait_for(const fs::path& file) {
  while (!fs::exists(file)) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

}  // namespace

TEST_CASE("of two trainings of one fold the second stops with one line, a killed one bars none") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const fs::path work = folder / "work", fold = model_in(work) / "fold_0";
  RunningSeg first(training_with(work, "--epochs", "100000"));
  wait_for(fold / "progress.json");
  const Outcome second = run_seg(tiny_training(work));
  expect_refused(second);
  CHECK(second.err.find("process " + std::to_string(first.process()) + " on ") !=
        std::string::npos);
  CHECK_FALSE(first.has_ended());
  first.send(SIGKILL);
  CHECK(first.outcome().exit_code == 128 + SIGKILL);
  CHECK(run_seg(tiny_training(work)).exit_code == 0);
  CHECK(half_written_files(fold) == 0);
}

TEST_CASE("pairs of trainings of one fold never mix") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  for (int number = 0; number < kPairs; ++number) {
    const fs::path work = folder / ("work_" + std::to_string(number));
    fs::copy(folder / "work", work, fs::copy_options::recursive);
    const auto training = training_with(work, "--epochs", "3");
    const Pair pair =
        run_pair(extended(training, {"--seed", "1"}), extended(training, {"--seed", "2"}));
    expect_one_or_both(pair);
    const fs::path fold = model_in(work) / "fold_0";
    const auto seeds = seeds_in(file_content(fold / "training_log.txt"));
    CHECK(seeds.contains(recorded_seed(fold / "checkpoint_final.pth")));
    CHECK(recorded_seed(fold / "checkpoint_best.pth") ==
          recorded_seed(fold / "checkpoint_final.pth"));
    CHECK(seg::read_json(fold / "progress.json").at("lrs").size() == 3);
    CHECK(half_written_files(work) == 0);
  }
}

TEST_CASE("two folds can be trained at once though nothing is preprocessed") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const fs::path work = folder / "work";
  const Pair pair = run_pair(tiny_training(work), training_with(work, "--fold", "1"));
  INFO(pair.first.err << pair.second.err);
  CHECK(pair.first.exit_code == 0);
  CHECK(pair.second.exit_code == 0);
}

TEST_CASE("pairs that plan or preprocess in one work folder") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const std::string dataset = (folder / "Dataset001_Ball").string();
  for (int number = 0; number < kPairs; ++number) {
    const fs::path work = folder / ("work_" + std::to_string(number));
    const std::vector<std::string> plan{"plan", dataset, "--work", work.string()};
    expect_one_or_both(run_pair(plan, plan));
    CHECK(seg::read_json(work / "plans.json") == seg::read_json(folder / "work/plans.json"));
    const std::vector<std::string> preprocess{"preprocess", work.string(), "--config", "3d"};
    const Pair pair = run_pair(preprocess, preprocess);
    INFO(pair.first.err << pair.second.err);
    CHECK(pair.first.exit_code == 0);
    CHECK(pair.second.exit_code == 0);
    CHECK(half_written_files(work) == 0);
  }
}

TEST_CASE("two parts of a prediction share their output folder") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  REQUIRE(run_seg(tiny_training(folder / "work")).exit_code == 0);
  for (int number = 0; number < kPairs; ++number) {
    const fs::path output = folder / ("output_" + std::to_string(number));
    const std::vector<std::string> predict{"predict",
                                           "--model",
                                           model_in(folder / "work").string(),
                                           "--input",
                                           (folder / "Dataset001_Ball/imagesTr").string(),
                                           "--output",
                                           output.string(),
                                           "--folds",
                                           "0",
                                           "--threads",
                                           "1",
                                           "--num-parts",
                                           "2",
                                           "--part-id"};
    const Pair pair = run_pair(extended(predict, {"0"}), extended(predict, {"1"}));
    INFO(pair.first.err << pair.second.err);
    CHECK(pair.first.exit_code == 0);
    CHECK(pair.second.exit_code == 0);
    for (int scan = 0; scan < 5; ++scan) CHECK(fs::exists(output / (case_name(scan) + ".nii.gz")));
    CHECK(half_written_files(output) == 0);
  }
}
