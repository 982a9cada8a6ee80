// What surrounds a run: other files that are damaged, limits of the system, names, a full terminal.

#include <sys/resource.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "catch.hpp"
#include "expect_error.hpp"
#include "skip.hpp"
#include "text.hpp"
#include "tiny_model.hpp"

namespace fs = std::filesystem;
using namespace seg::test;

namespace {

/// `SHELL seg ARGUMENTS REDIRECTION`, with a shell's limits and redirections.
Outcome run_in_shell(const TemporaryFolder& folder, const std::string& before,
                     const std::vector<std::string>& arguments, const std::string& after = "") {
  const std::string err = (folder / "shell_err").string();
  const int status =
      std::system((before + seg_command(arguments) + " 2>" + err + " " + after).c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128, "", file_content(err)};
}

/// Damaged files in one folder, by name.
void write_bad_scans(const fs::path& folder, const fs::path& good) {
  const std::string bytes = file_content(good);
  const auto write = [&](const std::string& name, const std::string& content) {
    write_text(folder / (name + "_0000.nii.gz"), content);
  };
  write("bad_a_empty", "");
  write("bad_b_cut_off", bytes.substr(0, bytes.size() / 2));
  write("bad_c_text", "this is no scan");
  write("bad_d_altered", bytes.substr(0, bytes.size() / 2) + std::string(200, 'x') +
                             bytes.substr(bytes.size() / 2 + 200));
}

}  // namespace

TEST_CASE("a damaged scan among good ones costs its own segmentation and one line") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  REQUIRE(run_seg(tiny_training(folder / "work")).exit_code == 0);
  const fs::path images = folder / "Dataset001_Ball/imagesTr";
  fs::copy(images, folder / "scans");
  write_bad_scans(folder / "scans", images / "ball_0_0000.nii.gz");
  const Outcome outcome = run_seg({"predict", "-m", model_in(folder / "work").string(), "-i",
                                   (folder / "scans").string(), "-o", (folder / "out").string(),
                                   "-f", "0", "--device", "cpu", "--threads", "1"});
  INFO(outcome.err);
  CHECK(outcome.exit_code == 1);
  CHECK(lines_with(outcome.err, "error: ").size() == 1);
  for (int number = 0; number < 5; ++number)
    CHECK(fs::exists(folder / "out" / (case_name(number) + ".nii.gz")));
  for (const std::string name : {"bad_a_empty", "bad_b_cut_off", "bad_c_text", "bad_d_altered"}) {
    CHECK(contains(outcome.err, "warning: case " + name + ": "));
    CHECK_FALSE(fs::exists(folder / "out" / (name + ".nii.gz")));
  }
}

TEST_CASE("plan --verify lists every damaged scan") {
  const TemporaryFolder folder;
  write_tiny_dataset(folder / "data");
  const fs::path images = folder / "data/imagesTr";
  for (const int number : {1, 3})
    write_text(images / (case_name(number) + "_0000.nii.gz"), "this is no scan");
  const Outcome outcome = run_seg(
      {"plan", (folder / "data").string(), "--work", (folder / "work").string(), "--verify"});
  CHECK(outcome.exit_code == 1);
  CHECK(contains(outcome.out, "ball_1_0000.nii.gz"));
  CHECK(contains(outcome.out, "ball_3_0000.nii.gz"));
  CHECK(contains(outcome.err, "2 problems"));
}

TEST_CASE("a pipe without a writer is refused at once") {
  const TemporaryFolder folder;
  for (const std::string name : {"a.json", "a.npy", "a.npz", "a.pth", "a.nii.gz", "a.png"}) {
    INFO(name);
    REQUIRE(mkfifo((folder / name).c_str(), 0600) == 0);
    CHECK(run_seg({"inspect", (folder / name).string()}).exit_code == 1);
  }
}

TEST_CASE("output that does not arrive is an error") {
  if (!fs::exists("/dev/full")) return skip("there is no /dev/full");
  const TemporaryFolder folder;
  const Outcome outcome = run_in_shell(folder, "", {"doctor"}, ">/dev/full");
  expect_error(outcome, "standard output", folder.path());
}

TEST_CASE("a limit on the size of files gives one line and leaves nothing half-written") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const Outcome outcome = run_in_shell(
      folder, "ulimit -f 16; ", {"preprocess", (folder / "work").string(), "--config", "3d"});
  expect_error(outcome, "cannot be written", folder / "work");
}

TEST_CASE("names lead nowhere else") {
  const TemporaryFolder folder;
  write_tiny_dataset(folder / "data");
  const Outcome plans = run_seg({"plan", (folder / "data").string(), "--work",
                                 (folder / "work").string(), "--plans-name", "../outside"});
  CHECK(plans.exit_code == 2);
  CHECK(contains(plans.err, "--plans-name ../outside"));
  CHECK_FALSE(fs::exists(folder / "outside.json"));

  seg::Json json = tiny_dataset_json();
  for (int number = 0; number < 5; ++number) {
    const std::string name = case_name(number);
    json["dataset"]["../" + name] = {{"images", {"imagesTr/" + name + "_0000.nii.gz"}},
                                     {"label", "labelsTr/" + name + ".nii.gz"}};
  }
  seg::write_json(folder / "data/dataset.json", json);
  expect_error(run_seg({"plan", (folder / "data").string(), "--work", (folder / "work").string()}),
               "../ball_0", folder.path());
}

TEST_CASE("a folder's name is no format and a case's name may be long") {
  const TemporaryFolder folder;
  const fs::path inner = folder / "%n%s 100%";
  REQUIRE(plan_tiny_dataset(inner).exit_code == 0);
  const std::string name(226, 'x');
  for (const std::string part : {"imagesTr", "labelsTr"}) {
    const std::string ending = part == "imagesTr" ? "_0000.nii.gz" : ".nii.gz";
    fs::rename(inner / "Dataset001_Ball" / part / ("ball_0" + ending),
               inner / "Dataset001_Ball" / part / (name + ending));
  }
  const std::string work = (inner / "work").string();
  REQUIRE(run_seg({"plan", (inner / "Dataset001_Ball").string(), "--work", work}).exit_code == 0);
  const Outcome outcome = run_seg(tiny_training(work));
  INFO(outcome.err);
  CHECK(outcome.exit_code == 0);
  CHECK(fs::file_size(model_in(work) / "fold_0/progress.png") > 1000);
}

TEST_CASE("numbers beyond all range and spacings of other units are wrong usage") {
  const TemporaryFolder folder;
  write_tiny_dataset(folder / "data");
  const Outcome range =
      run_seg({"train", "WORK", "--config", "3d", "--save-every", "99999999999999999999"});
  CHECK(range.exit_code == 2);
  CHECK(contains(range.err, "beyond all range"));
  const Outcome spacing =
      run_seg({"plan", (folder / "data").string(), "--work", (folder / "work").string(),
               "--spacing", "1e-9", "1e-9", "1e-9"});
  CHECK(spacing.exit_code == 2);
  CHECK(contains(spacing.err, "millimetres"));
  const Outcome digits =
      run_seg({"predict", "-m", "M", "-i", "S", "-o", "O", "--step-size", std::string(5000, '9')});
  CHECK(digits.exit_code == 2);
  CHECK(digits.err.size() < 3000);
}
