// What a stranger types: values that mean nothing, and outputs that are inputs.

#include <sys/stat.h>

#include <algorithm>
#include <string>
#include <vector>

#include "catch.hpp"
#include "expect_error.hpp"
#include "text.hpp"
#include "tiny_model.hpp"
#include "train/small_model.hpp"

namespace fs = std::filesystem;
using namespace seg::test;

namespace {

/// Exit code 2, and one line that is short and holds `part`.
void expect_usage(const std::vector<std::string>& arguments, const std::string& part) {
  const Outcome outcome = run_seg(arguments);
  INFO("stderr: " << outcome.err);
  CHECK(outcome.exit_code == 2);
  CHECK(contains(outcome.err, part));
  CHECK(std::ranges::count(outcome.err, '\n') == 1);
  CHECK(outcome.err.size() < 300);
}

/// Two label maps in folders of their own, and an earlier summary.
struct EvaluatedFolder {
  TemporaryFolder folder;

  EvaluatedFolder() {
    for (const char* name : {"prediction", "reference"})
      seg::data::write_label_map(folder / name / "ball.nii.gz", ball(0).label, tiny_geometry());
    REQUIRE(evaluate({}).exit_code == 0);
  }
  std::string path(const std::string& name) const { return (folder / name).string(); }
  Outcome evaluate(const std::vector<std::string>& options) const {
    std::vector<std::string> arguments{"evaluate", "--prediction", path("prediction"),
                                       "--reference", path("reference")};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return run_seg(arguments);
  }
};

}  // namespace

TEST_CASE("an empty value is wrong usage, for it may be a script's variable that is not set") {
  const std::vector<std::string> predict{"predict", "-m", "M", "-i", "I"};
  for (const char* option : {"--output", "--output-type", "--checkpoint", "--remove-small"}) {
    auto arguments = predict;
    arguments.insert(arguments.end(), {option, ""});
    if (std::string(option) != "--output") arguments.insert(arguments.end(), {"-o", "O"});
    expect_usage(arguments, std::string(option) + ": is empty");
  }
  expect_usage({"install", "model.zip", "--sha256", ""}, "--sha256: is empty");
  expect_usage({"plan", "D", "--group-by", ""}, "--group-by: is empty");
  expect_usage({"convert", "msd", "", "OUT"}, "SRC: is empty");
}

TEST_CASE("numbers beyond their bounds are refused in a short line") {
  expect_usage({"plan", "D", "--jobs", "0"}, "0 is not above 0");
  expect_usage({"predict", "-m", "M", "-i", "I", "-o", "O", "--num-parts", "-3"},
               "-3 is not above 0");
  expect_usage({"evaluate", "--prediction", "A", "--reference", "B", "--nsd-tolerance", "-1"},
               "-1 is negative");
  expect_usage({"evaluate", "--prediction", "A", "--reference", "B", "--minimum-dice", "2"},
               "not in range");
  expect_usage({"convert", "v1", "A", "B", "--jobs", "many"}, "many is no number");
}

TEST_CASE("checksums that are none, commands and trainers that do not exist are wrong usage") {
  expect_usage({"install", "model.zip", "--sha256", "xyz"}, "xyz is no SHA-256");
  expect_usage({"install", "model.zip", "--sha256", std::string(63, '0')}, "is no SHA-256");
  expect_usage({"frobnicate"}, "there is no command frobnicate");
  expect_usage({"pln"}, "did you mean plan?");
}

TEST_CASE("more threads than a program can have are refused before any is started") {
  const TemporaryFolder folder;
  write_small_model(folder / "model", {"0"});
  write_small_scan(folder / "scans/a_0000.nii.gz");
  expect_usage({"predict", "-m", (folder / "model").string(), "-i", (folder / "scans").string(),
                "-o", (folder / "out").string(), "--threads", "99999999"},
               "--threads 99999999: is beyond 1024");
}

TEST_CASE("plans take no name that another file of the work folder has") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const std::vector<std::string> plan{"plan", (folder / "Dataset001_Ball").string(), "--work",
                                      (folder / "work").string()};
  const std::string fingerprint = bytes_of(folder / "work/dataset_fingerprint.json");
  for (const char* name : {"dataset", "dataset_fingerprint", "splits_final"}) {
    auto arguments = plan;
    arguments.insert(arguments.end(), {"--plans-name", name});
    const Outcome outcome = run_seg(arguments);
    CHECK(outcome.exit_code == 2);
    CHECK(contains(outcome.err, "is the name of another file of a work folder"));
  }
  CHECK(bytes_of(folder / "work/dataset_fingerprint.json") == fingerprint);
  write_text(folder / "none.json", "[]");
  auto arguments = plan;
  arguments.insert(arguments.end(), {"--splits", (folder / "none.json").string()});
  expect_error(run_seg(arguments), "holds no fold", folder.path());
}

TEST_CASE("the next command is quoted where a shell would take its path for several words") {
  const TemporaryFolder folder;
  write_tiny_dataset(folder / "data");
  const std::string work = (folder / "two words; $HOME").string();
  const Outcome outcome = run_seg({"plan", (folder / "data").string(), "--work", work});
  REQUIRE(outcome.exit_code == 0);
  CHECK(contains(outcome.out, "next: seg train '" + work + "' --config"));
}

TEST_CASE("an evaluation writes over nothing that it reads") {
  const EvaluatedFolder place;
  const std::string map = place.path("prediction/ball.nii.gz"), bytes = bytes_of(map);
  expect_error(place.evaluate({"--output", map}), "does not end in .json", place.folder.path());
  for (const char* file : {"reference/ball.nii.gz", "prediction/summary.json"})
    expect_error(place.evaluate({"--csv", place.path(file)}), "does not end in .csv",
                 place.folder.path());
  const fs::path summary = place.path("prediction/summary.json");
  const std::string before = bytes_of(summary);
  expect_error(run_seg({"evaluate", "--compare", place.path("prediction"), summary.string(),
                        "--output", summary.string()}),
               "is read here", place.folder.path());
  CHECK(bytes_of(map) == bytes);
  CHECK(bytes_of(summary) == before);
}

TEST_CASE("a model is not packed over its own files, nor phantoms written into a dataset") {
  const TemporaryFolder folder;
  const fs::path model = folder / "model";
  write_small_model(model, {"0"});
  const std::string plans = bytes_of(model / "plans.json");
  expect_error(run_seg({"export", model.string(), "-o", (model / "plans.json").string()}),
               "does not end in .zip", folder.path());
  fs::create_hard_link(model / "plans.json", folder / "plans.zip");
  expect_error(run_seg({"export", model.string(), "-o", (folder / "plans.zip").string()}),
               "is part of the model", folder.path());
  CHECK(bytes_of(model / "plans.json") == plans);
  write_tiny_dataset(folder / "data");
  expect_error(run_seg({"example-data", (folder / "data").string()}), "holds another dataset",
               folder.path());
  const std::vector<std::string> made{
      "example-data", (folder / "new").string(), "--cases", "1", "--test-cases", "0"};
  CHECK(run_seg(made).exit_code == 0);
  CHECK(run_seg(made).exit_code == 0);  // the same again
  const std::string before = bytes_of(folder / "new/dataset.json");
  for (std::vector<std::string> other : {std::vector<std::string>{"--cases", "2"},
                                         {"--cases", "1", "--seed", "2"},
                                         {"--cases", "1", "--test-cases", "1"}}) {
    if (other.size() == 2 || other[2] == "--seed") other.insert(other.end(), {"--test-cases", "0"});
    other.insert(other.begin(), {"example-data", (folder / "new").string()});
    expect_error(run_seg(other), "holds other phantoms", folder.path());
  }
  CHECK(bytes_of(folder / "new/dataset.json") == before);
  CHECK_FALSE(fs::exists(folder / "new/imagesTs"));
  fs::remove(folder / "new/seg_example_data.json");  // as a run leaves it that was killed
  fs::remove(folder / "new/dataset.json");
  fs::rename(folder / "new/imagesTr/phantom_001_0000.nii.gz",
             folder / "new/imagesTr/phantom_002_0000.nii.gz");
  expect_error(run_seg(made), "imagesTr/phantom_002_0000.nii.gz", folder.path());
}

TEST_CASE("a list that is a folder, and outputs of it that are no label maps, are refused") {
  const TemporaryFolder folder;
  write_small_model(folder / "model", {"0"});
  const std::string scan = (folder / "a_0000.nii.gz").string();
  write_small_scan(scan);
  const auto listed = [&](const std::string& list) {
    return run_seg({"predict", "-m", (folder / "model").string(), "--list", list, "-o",
                    (folder / "out").string(), "--threads", "1"});
  };
  expect_error(listed(folder.path().string()), "give a file with a scan a line", folder.path());
  write_text(folder / "list", scan + "\t\n" + scan + "\t" + (folder / "a.xyz").string() + "\n");
  const Outcome outcome = listed((folder / "list").string());
  CHECK(outcome.exit_code == 1);
  CHECK(lines_with(outcome.out, "{").size() == 2);
  CHECK(contains(outcome.out, "the output: is no name of a label map"));
  CHECK(contains(outcome.out, "a.xyz: is no name of a label map"));
}

TEST_CASE("links to nothing or to themselves, and pipes, cost their own case") {
  const TemporaryFolder folder;
  write_small_model(folder / "model", {"0"});
  write_small_scan(folder / "scans/good_0000.nii.gz");
  fs::create_symlink("nowhere", folder / "scans/nothing_0000.nii.gz");
  fs::create_symlink("loop_0000.nii.gz", folder / "scans/loop_0000.nii.gz");
  REQUIRE(mkfifo((folder / "scans/pipe_0000.nii.gz").c_str(), 0600) == 0);
  const Outcome outcome =
      run_seg({"predict", "-m", (folder / "model").string(), "-i", (folder / "scans").string(),
               "-o", (folder / "out").string(), "--threads", "1"});
  expect_error(outcome, "3 of 4 cases were not segmented", folder.path());
  for (const std::string name : {"nothing", "loop", "pipe"})
    CHECK(contains(outcome.err, "warning: case " + name + ": "));
  CHECK(fs::exists(folder / "out/good.nii.gz"));
}

TEST_CASE("what the system says of a path is told in seg's form") {
  const TemporaryFolder folder;
  const std::string name(300, 'x');
  const Outcome outcome = run_seg({"inspect", (folder / name).string()});
  expect_error(outcome, name + ": cannot be used (File name too long)", folder.path());
  CHECK_FALSE(contains(outcome.err, "filesystem error"));
}
