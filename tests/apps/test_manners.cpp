#include <algorithm>
#include <cstdlib>
#include <memory>

#include "catch.hpp"
#include "expect_error.hpp"
#include "skip.hpp"
#include "text.hpp"
#include "tiny_model.hpp"

namespace fs = std::filesystem;
using namespace seg::test;

namespace {

/// A model folder as training leaves it, without a network.
fs::path write_model(const fs::path& work) {
  const fs::path model = model_in(work);
  seg::write_json(model / "dataset.json", tiny_dataset_json());
  fs::copy_file(work / "plans.json", model / "plans.json");
  for (const char* fold : {"fold_0", "fold_1"}) {
    fs::create_directories(model / fold / "validation");
    write_text(model / fold / "checkpoint_final.pth", std::string("weights of ") + fold);
    write_text(model / fold / "checkpoint_best.pth", "best");
    write_text(model / fold / "validation/summary.json", "{}");
    write_text(model / fold / "validation/case.nii.gz", "not for others");
  }
  return model;
}

/// What a command prints on a terminal.
std::string on_terminal(const fs::path& folder, const std::string& environment,
                        const std::vector<std::string>& arguments) {
  write_text(folder / "command", environment + " " + seg_command(arguments) + "\n");
  const fs::path typescript = folder / "typescript";
  const std::string command = "script -qec 'sh " + (folder / "command").string() + "' " +
                              typescript.string() + " >/dev/null </dev/null";
  CHECK(std::system(command.c_str()) == 0);
  return file_content(typescript);
}

}  // namespace

TEST_CASE("a model that is exported can be installed again") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const fs::path model = write_model(folder / "work"), zip = folder / "model.zip";
  const Outcome packed = run_seg({"export", model.string(), "-o", zip.string()});
  INFO(packed.err);
  REQUIRE(packed.exit_code == 0);
  const std::string to = (folder / "models").string();
  const Outcome refused =
      run_seg({"install", zip.string(), "-o", to, "--sha256", std::string(64, '0')});
  expect_error(refused, "model.zip", folder.path());
  CHECK_FALSE(fs::exists(to));
  REQUIRE(run_seg({"install", zip.string(), "-o", to}).exit_code == 0);
  const fs::path there = fs::path(to) / "Dataset001_Ball" / model.filename();
  for (const char* name : {"plans.json", "dataset.json", "fold_0/checkpoint_final.pth",
                           "fold_1/checkpoint_final.pth", "fold_1/validation/summary.json"})
    CHECK(file_content(there / name) == file_content(model / name));
  CHECK_FALSE(fs::exists(there / "fold_0/checkpoint_best.pth"));
  CHECK_FALSE(fs::exists(there / "fold_0/validation/case.nii.gz"));
  fs::create_directories(model / "fold_2");  // of a trial, or a training that was refused
  const Outcome without = run_seg({"export", model.string(), "-o", zip.string(), "--overwrite"});
  CHECK(without.exit_code == 0);
  CHECK(contains(without.err, model.string() + ": without fold 2, which lack(s) a checkpoint"));
}

TEST_CASE("export takes the folds and checkpoints that it is told, and names what is missing") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const fs::path model = write_model(folder / "work"), zip = folder / "model.zip";
  const std::vector<std::string> command{"export", model.string(), "-o", zip.string()};
  const auto with = [&](const std::vector<std::string>& more) {
    auto arguments = command;
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_seg(arguments);
  };
  expect_error(with({"--folds", "2"}), "fold_2/checkpoint_final.pth", folder.path());
  expect_error(run_seg({"export", folder.path().string(), "-o", zip.string()}),
               "is no model folder", folder.path());
  CHECK_FALSE(fs::exists(zip));
  REQUIRE(with({"--folds", "1", "--checkpoint", "best"}).exit_code == 0);
  REQUIRE(run_seg({"install", zip.string(), "-o", (folder / "models").string()}).exit_code == 0);
  const fs::path there = folder / "models/Dataset001_Ball" / model.filename();
  CHECK(fs::exists(there / "fold_1/checkpoint_best.pth"));
  CHECK_FALSE(fs::exists(there / "fold_0"));
}

TEST_CASE("a quiet command says nothing but what it is asked for") {
  const TemporaryFolder folder;
  write_tiny_dataset(folder / "Dataset001_Ball");
  const std::vector<std::string> plan{"plan", (folder / "Dataset001_Ball").string(), "--work",
                                      (folder / "work").string()};
  REQUIRE(run_seg(plan).exit_code == 0);
  CHECK(contains(run_seg(plan).err, "which is up to date"));
  auto quiet = plan;
  quiet.push_back("-q");
  const Outcome outcome = run_seg(quiet);
  CHECK(outcome.err.empty());
  CHECK(lines_with(outcome.out, "plans: ").size() == 1);
}

TEST_CASE("a verbose command also tells what it chose and how long each case took") {
  const TemporaryFolder folder;
  write_tiny_dataset(folder / "Dataset001_Ball");
  const std::vector<std::string> plan{"plan", (folder / "Dataset001_Ball").string(), "--work",
                                      (folder / "work").string()};
  auto verbose = plan;
  verbose.push_back("--verbose");
  const std::string details = run_seg(verbose).err;
  CHECK(contains(details, "debug: plan: "));
  CHECK(contains(details, "at a time, in "));
  for (int number = 0; number < 5; ++number)
    CHECK(contains(details, "case " + case_name(number) + " took "));
  CHECK_FALSE(contains(run_seg(plan).err, "debug: "));
  verbose.push_back("-q");
  CHECK(run_seg(verbose).exit_code == 2);
}

TEST_CASE("NO_COLOR leaves the colours out") {
  if (std::system("script -qec true /dev/null >/dev/null 2>&1 </dev/null") != 0)
    return skip("there is no program `script`, or no terminal that it could make");
  const TemporaryFolder folder;
  write_tiny_dataset(folder / "Dataset001_Ball");
  const std::vector<std::string> plan{"plan", (folder / "Dataset001_Ball").string(), "--work",
                                      (folder / "work").string()};
  REQUIRE(run_seg(plan).exit_code == 0);
  const std::string green = "\033[32m";
  CHECK(contains(on_terminal(folder.path(), "TERM=xterm NO_COLOR=", plan), green));
  CHECK_FALSE(contains(on_terminal(folder.path(), "TERM=xterm NO_COLOR=1", plan), green));
}

TEST_CASE("plan writes the folds that it is asked for") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const fs::path work = folder / "work", splits = work / "splits_final.json";
  const std::string dataset = (folder / "Dataset001_Ball").string();
  const auto plan = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"plan", dataset, "--work", work.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_seg(arguments);
  };
  REQUIRE(plan({"--folds", "3"}).exit_code == 0);
  CHECK(seg::read_json(splits).size() == 3);
  write_text(folder / "groups.csv",
             "case,group\nball_0,a\nball_1,a\nball_2,b\nball_3,b\nball_4,b\n");
  const Outcome grouped = plan({"--group-by", (folder / "groups.csv").string(), "--folds", "2"});
  REQUIRE(grouped.exit_code == 0);
  CHECK(contains(grouped.err, "is replaced"));
  CHECK(seg::read_json(splits)[0]["val"] == seg::Json{"ball_2", "ball_3", "ball_4"});
  CHECK(plan({"--folds", "1"}).exit_code == 2);
  CHECK(plan({"--group-by", "(z)"}).exit_code == 2);
  const std::string before = file_content(splits);
  fs::copy_file(splits, folder / "mine.json");
  const Outcome too_many = plan({"--folds", "5"});  // for the two groups, which are kept
  CHECK(too_many.exit_code == 1);
  CHECK(contains(too_many.err, "5 groups of cases, there are 2"));
  CHECK(contains(too_many.err, "groups.json; --group-by changes that"));
  CHECK(file_content(splits) == before);
  REQUIRE(plan({"--group-by", "(.*)", "--folds", "5"}).exit_code == 0);
  CHECK(seg::read_json(splits).size() == 5);
  REQUIRE(plan({"--splits", (folder / "mine.json").string()}).exit_code == 0);
  CHECK(file_content(splits) == before);
  CHECK(plan({"--splits", (folder / "mine.json").string(), "--folds", "2"}).exit_code == 2);
}
