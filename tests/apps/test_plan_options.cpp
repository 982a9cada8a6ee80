#include "catch.hpp"
#include "expect_error.hpp"
#include "seg/plan/files.hpp"
#include "text.hpp"
#include "tiny_model.hpp"

// Options of seg plan and others that would change nothing together: refused, not ignored.

namespace fs = std::filesystem;
using namespace seg::test;

namespace {

using Options = std::vector<std::string>;

/// Exit code 2 and one line that names the option.
void expect_no_effect(const Options& command, const Options& options) {
  const Outcome outcome = run_seg(extended(command, options));
  INFO(options.front() << ": " << outcome.err);
  CHECK(outcome.exit_code == 2);
  CHECK(lines_with(outcome.err, "error: ").size() == 1);
  CHECK(contains(outcome.err, options.front()));
}

}  // namespace

TEST_CASE("plans that are taken over are not asked for other numbers") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const fs::path plans = folder / "work/plans.json", made = folder / "other/mine.json";
  const Options like{"plan",   (folder / "Dataset001_Ball").string(),
                     "--work", (folder / "other").string(),
                     "--like", plans.string()};
  for (const Options& ignored : {Options{"--gpu-memory", "400"},
                                 {"--spacing", "3", "3", "3"},
                                 {"--adapt", "keep"},
                                 {"--adapt", "like_pretrained"},
                                 {"--planner", "resenc-m"},
                                 {"--network", "mednext-s-k3"}})
    expect_no_effect(like, ignored);
  CHECK_FALSE(fs::exists(folder / "other"));
  // What still has an effect: the name, the folds and the reasons.
  const Outcome outcome =
      run_seg(extended(like, {"--plans-name", "mine", "--folds", "3", "--explain"}));
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  CHECK(contains(outcome.out, "all configurations: taken over from " + plans.string()));
  CHECK(seg::read_json(made)["configurations"]["3d_fullres"]["patch_size"] ==
        seg::read_json(plans)["configurations"]["3d_fullres"]["patch_size"]);
  CHECK(seg::read_json(folder / "other/splits_final.json").size() == 3);
  // A file that is not there is what is told of it.
  auto missing = extended(like, {"--gpu-memory", "4"});
  missing[5] = (folder / "nowhere.json").string();
  expect_error(run_seg(missing), "nowhere.json", folder.path());
}

TEST_CASE("planning from a fingerprint takes no options about images, and they none of it") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const fs::path work = folder / "work", out = folder / "made.json";
  const Options plan{"plan",
                     "--from-fingerprint",
                     (work / "dataset_fingerprint.json").string(),
                     "--dataset-json",
                     (work / "dataset.json").string(),
                     "-o",
                     out.string()};
  for (const Options& ignored : {Options{"--verify"},
                                 {"--jobs", "3"},
                                 {"--work", "nowhere"},
                                 {"--max-memory", "1MB"},
                                 {"--like", (work / "plans.json").string()},
                                 {"--adapt", "keep"},
                                 {"--folds", "3"},
                                 {"--group-by", "(.*)"},
                                 {"--splits", "splits.json"}})
    expect_no_effect(plan, ignored);
  CHECK_FALSE(fs::exists(out));
  REQUIRE(run_seg(extended(plan, {"--gpu-memory", "4", "--spacing", "2", "2", "2", "--plans-name",
                                  "mine", "--explain"}))
              .exit_code == 0);
  CHECK(seg::read_json(out)["plans_name"] == "mine");
  CHECK(seg::read_json(out)["configurations"]["3d_fullres"]["spacing"] == seg::Json{2.0, 2.0, 2.0});

  const Options dataset{"plan", (folder / "Dataset001_Ball").string(), "--work", work.string()};
  expect_no_effect(dataset, {"--out", "foo.json"});
  expect_no_effect(dataset, {"--dataset-json", "nope.json"});
  expect_no_effect(dataset, {"--adapt", "keep"});
  expect_no_effect(dataset, {"--explain", "--dry-run"});  // nothing is measured to explain
}

TEST_CASE("report takes no scans for pictures that it is not to show") {
  const TemporaryFolder folder;
  expect_no_effect({"report", folder.path().string()}, {"--scans", "scans", "--slices", "0"});
}
