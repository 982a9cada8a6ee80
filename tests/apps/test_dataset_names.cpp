#include <cstdlib>

#include "catch.hpp"
#include "seg/plan/files.hpp"
#include "text.hpp"
#include "tiny_model.hpp"
#include "train/small_model.hpp"

// Numbers of datasets, and nnU-Net's environment variables.

namespace fs = std::filesystem;
using namespace seg;
using namespace seg::test;

namespace {

/// Sets an environment variable while it lives.
class Variable {
 public:
  Variable(const char* name, const fs::path& value) : name_(name) {
    setenv(name, value.c_str(), 1);
  }
  ~Variable() { unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

}  // namespace

TEST_CASE("a dataset is the same however its path is written") {
  const TemporaryFolder folder;
  const fs::path dataset = folder / "Dataset001_Ball";
  write_tiny_dataset(dataset);
  fs::create_directory_symlink(dataset, folder / "link");
  const std::string here = dataset.string();
  const auto plan = [&](const std::string& path) {
    return run_seg({"plan", path, "--work", (folder / "work").string()});
  };
  REQUIRE(plan(here).exit_code == 0);
  for (const std::string& path : {here + "/", (folder / "./Dataset001_Ball").string(),
                                  (folder / "x/../Dataset001_Ball").string(),
                                  fs::relative(dataset).string(), (folder / "link").string()}) {
    if (contains(path, "/x/")) fs::create_directories(folder / "x");
    const Outcome again = plan(path);
    INFO(path << ": " << again.err);
    CHECK(contains(again.err, "which is up to date"));
  }
}

TEST_CASE("a dataset's number stands for its folder in nnUNet_raw") {
  const TemporaryFolder folder;
  const fs::path raw = folder / "raw", work = folder / "work";
  write_tiny_dataset(raw / "Dataset001_Ball");
  const auto plan = [&](const std::string& dataset) {
    return run_seg({"plan", dataset, "--work", work.string(), "--dry-run"});
  };
  CHECK(plan("1").exit_code == 1);
  const Variable variable("nnUNet_raw", raw);
  for (const char* name : {"1", "001", "Dataset001_Ball", "01"}) CHECK(plan(name).exit_code == 0);
  for (const char* name : {"2", "11", "Dataset001_", "Dataset002_Ball"})
    CHECK(contains(plan(name).err, std::string(name) + ": there is no such folder"));
  fs::create_directory(raw / "Dataset001_Other");
  const Outcome several = plan("1");
  CHECK(several.exit_code == 2);
  CHECK(contains(several.err, "Dataset001_Other"));
  CHECK(contains(several.err, "give the path of one"));
}

TEST_CASE("a dataset's number stands for its folder here where nnUNet_raw is not set") {
  const TemporaryFolder folder;
  write_tiny_dataset(folder / "Dataset010_T");
  write_tiny_dataset(folder / "elsewhere/Dataset011_U");
  const auto plan = [&](const std::string& dataset, const std::string& variables = "") {
    return RunningSeg({"plan", dataset, "--dry-run"},
                      "env -C " + folder.path().string() + " -u nnUNet_raw " + variables + " ")
        .outcome();
  };
  const Outcome here = plan("10");
  INFO(here.err);
  CHECK(here.exit_code == 0);
  CHECK(contains(here.out, "seg_work/Dataset010_T/plans.json"));
  const Outcome none = plan("12");
  CHECK(none.exit_code == 1);
  CHECK(contains(none.err,
                 "12: there is no such folder; a number is looked for as Dataset012_... "
                 "in this folder (nnUNet_raw is not set)"));
  // Where the variable is set, its folder alone is meant.
  const std::string raw = (folder / "elsewhere").string();
  CHECK(plan("11", "nnUNet_raw=" + raw).exit_code == 0);
  const Outcome not_there = plan("10", "nnUNet_raw=" + raw);
  CHECK(not_there.exit_code == 1);
  CHECK(contains(not_there.err, "Dataset010_... in " + raw + " (nnUNet_raw is set)"));
  fs::create_directory(folder / "Dataset010_Other");
  CHECK(plan("10").exit_code == 2);
}

TEST_CASE("a work folder's number that stands for none is told where it was looked for") {
  const TemporaryFolder folder;
  const Outcome outcome =
      RunningSeg({"status", "12"}, "env -C " + folder.path().string() + " ").outcome();
  CHECK(outcome.exit_code == 1);
  CHECK(contains(outcome.err,
                 "looked for as Dataset012_... in seg_work (nnUNet_preprocessed is "
                 "not set)"));
  CHECK_FALSE(contains(outcome.err, "--work 12"));
}

TEST_CASE("a dataset's number stands for its model in nnUNet_results") {
  const TemporaryFolder folder;
  const fs::path results = folder / "results";
  write_small_model(results / "Dataset012_Small/nnUNetTrainer__small__3d_fullres", {"0"});
  write_small_scan(folder / "a_0000.nii.gz");
  const Variable variable("nnUNet_results", results);
  const auto predict = [&] {
    return run_seg({"predict", "-m", "12", "-i", (folder / "a_0000.nii.gz").string(), "-o",
                    (folder / "out").string(), "--threads", "1"});
  };
  const Outcome done = predict();
  INFO(done.err);
  CHECK(done.exit_code == 0);
  CHECK(fs::exists(folder / "out/a.nii.gz"));
  fs::create_directory(results / "Dataset012_Small/ensembles");  // nnU-Net's, and no model
  CHECK(predict().exit_code == 0);
  fs::create_directory(results / "Dataset012_Small/nnUNetTrainer__small__2d");
  CHECK(predict().exit_code == 2);
}

TEST_CASE("work folders lie in nnUNet_preprocessed beside nnU-Net's, and numbers stand for them") {
  const TemporaryFolder folder;
  const fs::path preprocessed = folder / "preprocessed", raw = folder / "raw";
  write_tiny_dataset(raw / "Dataset001_Ball");
  const fs::path nnunets = preprocessed / "Dataset001_Ball/splits_final.json";
  fs::create_directories(nnunets.parent_path());
  write_text(nnunets, "[]");
  const Variable of_raw("nnUNet_raw", raw), of_preprocessed("nnUNet_preprocessed", preprocessed);
  const Outcome planned = run_seg({"plan", "1"});
  INFO(planned.err);
  REQUIRE(planned.exit_code == 0);
  const fs::path work = preprocessed / "seg_work/Dataset001_Ball";
  CHECK(fs::exists(work / "plans.json"));
  CHECK(contains(planned.out, "next: seg train " + work.string()));
  CHECK(bytes_of(nnunets) == "[]");
  CHECK(run_seg({"status", "1"}).exit_code == 0);
  // The models of a work folder are found where nnUNet_results has none of the dataset.
  write_small_model(work / "results/nnUNetTrainer__nnUNetPlans__3d_fullres", {"0"});
  write_small_scan(folder / "a_0000.nii.gz");
  CHECK(run_seg({"predict", "-m", "1", "-i", (folder / "a_0000.nii.gz").string(), "-o",
                 (folder / "out").string(), "--threads", "1"})
            .exit_code == 0);
  const Outcome elsewhere =
      run_seg({"plan", "1", "--work", (folder / "work").string(), "--dry-run"});
  CHECK(contains(elsewhere.out, (folder / "work").string()));
}

TEST_CASE("a variable of nnU-Net's that names no folder is told where it would be followed") {
  const TemporaryFolder folder;
  write_tiny_dataset(folder / "Dataset001_Ball");
  const std::string dataset = (folder / "Dataset001_Ball").string();
  const auto expect_named = [&](const char* variable, const std::vector<std::string>& arguments) {
    const Variable wrong(variable, folder / "nowhere");
    const Outcome outcome = run_seg(arguments);
    INFO(outcome.err);
    CHECK(outcome.exit_code == 2);
    CHECK(contains(outcome.err,
                   std::string(variable) + ": " + (folder / "nowhere").string() + " is no folder"));
  };
  expect_named("nnUNet_raw", {"plan", "1"});
  expect_named("nnUNet_preprocessed", {"plan", dataset, "--dry-run"});
  expect_named("nnUNet_preprocessed", {"status", "1"});
  expect_named("nnUNet_results", {"predict", "-m", "1", "-i", dataset, "-o", "out"});
  CHECK_FALSE(fs::exists(folder / "nowhere"));
  const Variable wrong("nnUNet_raw", folder / "nowhere");  // a path stands for itself
  CHECK(run_seg({"plan", dataset, "--work", (folder / "work").string(), "--dry-run"}).exit_code ==
        0);
}
