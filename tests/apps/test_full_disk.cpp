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

/// Runs `seg ARGUMENTS` where FOLDER/disk holds a copy of `content` and no byte is left: a small
/// file system in memory that only this run sees. What lies there at the end is in FOLDER/after.
Outcome run_on_full_disk(const fs::path& folder, const std::vector<std::string>& arguments,
                         const fs::path& content = {}) {
  const std::string disk = (folder / "disk").string();
  const std::string copy = content.empty() ? "" : "cp -r '" + content.string() + "' " + disk + "; ";
  write_text(folder / "script", "mount -t tmpfs -o size=4m none " + disk + " || exit 99\n" + copy +
                                    "\nhead -c 10M /dev/zero >" + disk + "/filler 2>/dev/null\n" +
                                    seg_command(arguments) + " >" + (folder / "out").string() +
                                    " 2>" + (folder / "err").string() + "\ncode=$?\nrm " + disk +
                                    "/filler\ncp -r " + disk + " " + (folder / "after").string() +
                                    "\nexit $code\n");
  fs::create_directories(disk);
  const int status =
      std::system(("unshare -rm sh '" + (folder / "script").string() + "' 2>/dev/null").c_str());
  return {WEXITSTATUS(status), "", file_content(folder / "err")};
}

/// One clear line about the disk, and nothing half-written on it.
void expect_disk_error(const Outcome& outcome, const fs::path& folder) {
  expect_error(outcome, "free space", folder / "after");
}

bool can_fill_a_disk() {
  const TemporaryFolder folder;
  fs::create_directories(folder / "disk");
  const bool possible = run_on_full_disk(folder.path(), {"--version"}).exit_code == 0;
  if (!possible) seg::test::skip("this machine does not let tests mount a small file system");
  return possible;
}

}  // namespace

TEST_CASE("a full disk stops plan, preprocess and train with one line and nothing half-written") {
  if (!can_fill_a_disk()) return;
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const auto on_disk = [&](const std::string& name) { return (folder / "disk" / name).string(); };
  SECTION("plan") {
    const auto dataset = (folder / "Dataset001_Ball").string();
    expect_disk_error(run_on_full_disk(folder.path(), {"plan", dataset, "--work", on_disk("new")}),
                      folder.path());
  }
  SECTION("preprocess") {
    expect_disk_error(
        run_on_full_disk(folder.path(), {"preprocess", on_disk("work"), "--config", "3d"},
                         folder / "work"),
        folder.path());
  }
  SECTION("train") {
    REQUIRE(run_seg({"preprocess", (folder / "work").string(), "--config", "3d"}).exit_code == 0);
    expect_disk_error(
        run_on_full_disk(folder.path(), tiny_training(on_disk("work")), folder / "work"),
        folder.path());
  }
}

TEST_CASE("a full disk stops predict and evaluate with one line and nothing half-written") {
  if (!can_fill_a_disk()) return;
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const auto labels = (folder / "Dataset001_Ball/labelsTr").string();
  const auto disk = (folder / "disk").string();
  SECTION("predict") {
    REQUIRE(run_seg(tiny_training(folder / "work")).exit_code == 0);
    expect_disk_error(
        run_on_full_disk(folder.path(),
                         {"predict", "--model", model_in(folder / "work").string(), "--input",
                          (folder / "Dataset001_Ball/imagesTr").string(), "--output", disk + "/out",
                          "--folds", "0", "--threads", "1"}),
        folder.path());
  }
  SECTION("evaluate") {
    expect_disk_error(
        run_on_full_disk(folder.path(), {"evaluate", "--prediction", labels, "--reference", labels,
                                         "--output", disk + "/summary.json", "--dataset-json",
                                         (folder / "Dataset001_Ball/dataset.json").string()}),
        folder.path());
  }
}
