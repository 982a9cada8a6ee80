#include "catch.hpp"
#include "expect_error.hpp"
#include "text.hpp"
#include "tiny_model.hpp"

// What a plan leaves that comes to nothing.

namespace fs = std::filesystem;
using namespace seg::test;

TEST_CASE("a plan that fails leaves no work folder, and none that was there changes") {
  const TemporaryFolder folder;
  const fs::path dataset = folder / "Dataset001_Ball", work = folder / "seg_work/ball";
  write_tiny_dataset(dataset);
  const std::vector<std::string> plan{"plan", dataset.string(), "--work", work.string()};
  const std::string scan = bytes_of(dataset / "imagesTr/ball_2_0000.nii.gz");
  write_text(dataset / "imagesTr/ball_2_0000.nii.gz", "no image");
  expect_error(run_seg(plan), "ball_2_0000.nii.gz", folder.path());
  CHECK_FALSE(fs::exists(work));
  expect_error(run_seg({"status", work.string()}), "ball: there is no such folder", folder.path());

  write_text(dataset / "imagesTr/ball_2_0000.nii.gz", scan);
  REQUIRE(run_seg(plan).exit_code == 0);
  const std::string plans = bytes_of(work / "plans.json");
  write_text(dataset / "imagesTr/ball_2_0000.nii.gz", "no image");
  expect_error(run_seg(plan), "ball_2_0000.nii.gz", folder.path());
  CHECK(bytes_of(work / "plans.json") == plans);
}

TEST_CASE("folds that cannot be made are refused before a plan is written without them") {
  const TemporaryFolder folder;
  write_tiny_dataset(folder / "Dataset001_Ball");
  const fs::path work = folder / "work";
  const auto plan = [&](const std::vector<std::string>& folds) {
    std::vector<std::string> arguments{"plan", (folder / "Dataset001_Ball").string(), "--work",
                                       work.string()};
    arguments.insert(arguments.end(), folds.begin(), folds.end());
    return run_seg(arguments);
  };
  CHECK(plan({"--group-by", "(z)"}).exit_code == 2);
  expect_error(plan({"--folds", "6"}), "6 folds need at least 6 training cases", folder.path());
  write_text(folder / "splits.json", "[{\"train\": [\"nobody\"], \"val\": [\"ball_0\"]}]");
  expect_error(plan({"--splits", (folder / "splits.json").string()}), "nobody", folder.path());
  CHECK_FALSE(fs::exists(work));
  REQUIRE(plan({"--folds", "2"}).exit_code == 0);
}

TEST_CASE("what was measured stays when only the planning fails, and the next plan takes it") {
  const TemporaryFolder folder;
  write_tiny_dataset(folder / "Dataset001_Ball");
  const std::string work = (folder / "work").string();
  const std::vector<std::string> plan{"plan", (folder / "Dataset001_Ball").string(), "--work",
                                      work};
  auto impossible = plan;
  impossible.insert(impossible.end(), {"--spacing", "1000", "1000", "1000"});
  const Outcome failed = run_seg(impossible);
  CHECK(failed.exit_code == 2);
  CHECK(contains(failed.err, "is far from the scans' own"));
  expect_error(run_seg({"train", work, "--config", "3d"}), "seg plan DATASET --work " + work,
               folder.path());
  expect_error(run_seg({"status", work}), "it holds no plans; plan the dataset first",
               folder.path());
  const Outcome planned = run_seg(plan);
  CHECK(planned.exit_code == 0);
  CHECK(contains(planned.err, "which is up to date"));
}

TEST_CASE("plans to take over that are not there are told before scans are measured") {
  const TemporaryFolder folder;
  write_tiny_dataset(folder / "Dataset001_Ball");
  write_text(folder / "Dataset001_Ball/imagesTr/ball_2_0000.nii.gz", "no image");
  expect_error(run_seg({"plan", (folder / "Dataset001_Ball").string(), "--work",
                        (folder / "work").string(), "--like", (folder / "nowhere.json").string()}),
               "nowhere.json", folder.path());
  CHECK_FALSE(fs::exists(folder / "work"));
}
