#include <algorithm>
#include <chrono>
#include <thread>

#include "catch.hpp"
#include "expect_error.hpp"
#include "text.hpp"
#include "tiny_model.hpp"

namespace fs = std::filesystem;
using namespace seg::test;

namespace {

std::vector<std::string> with_fold(std::vector<std::string> arguments, const std::string& fold) {
  *(std::ranges::find(arguments, "--fold") + 1) = fold;
  return arguments;
}

void require_done(const Outcome& outcome) {
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
}

constexpr char kResEnc[] = "nnUNetResEncUNetMPlans";

}  // namespace

TEST_CASE("plans of another network lie beside plans.json, and the next line names them") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const fs::path work = folder / "work", dataset = folder / "Dataset001_Ball";
  const std::string usual = file_content(work / "plans.json");
  const Outcome planned =
      run_seg({"plan", dataset.string(), "--work", work.string(), "--network", "mednext-s-k3"});
  require_done(planned);
  CHECK(file_content(work / "plans.json") == usual);
  CHECK(seg::read_json(work / "nnUNetMedNeXtSk3Plans.json")["plans_name"] ==
        "nnUNetMedNeXtSk3Plans");
  CHECK(lines_with(planned.out, "next: ").at(0).ends_with("--plans-name nnUNetMedNeXtSk3Plans"));
  const Outcome again = run_seg({"plan", dataset.string(), "--work", work.string()});
  require_done(again);
  CHECK_FALSE(contains(again.out, "--plans-name"));
}

TEST_CASE("without plans.json the only plans are taken, and several must be named") {
  const TemporaryFolder folder;
  write_tiny_dataset(folder / "Dataset001_Ball");
  const fs::path work = folder / "work";
  const std::vector<std::string> plan{"plan", (folder / "Dataset001_Ball").string(), "--work",
                                      work.string(), "--network"};
  const std::vector<std::string> show{"train", work.string(), "--config", "3d", "--print-settings"};
  require_done(run_seg(extended(plan, {"mednext-s-k3"})));
  CHECK(contains(run_seg(show).out, "adamw"));
  require_done(run_seg(extended(plan, {"stunet-s"})));
  const Outcome several = run_seg(show);
  CHECK(several.exit_code == 2);
  CHECK(contains(several.err, "nnUNetMedNeXtSk3Plans"));
  CHECK(contains(run_seg(extended(show, {"--plans-name", "nnUNetMedNeXtSk3Plans"})).out, "adamw"));
}

TEST_CASE("two plans and two names: nothing replaced, all in status, the best selected") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const fs::path work = folder / "work", results = work / "results";
  require_done(run_seg({"plan", (folder / "Dataset001_Ball").string(), "--work", work.string(),
                        "--planner", "resenc-m"}));
  require_done(run_seg(tiny_training(work)));
  const std::string first = file_content(model_in(work) / "fold_0/checkpoint_final.pth");
  require_done(
      run_seg(extended(tiny_training(work), {"--name", "fast", "--learning-rate", "0.1"})));
  require_done(run_seg(extended(tiny_training(work), {"--plans-name", kResEnc})));
  expect_error(run_seg(tiny_training(work)), "holds a finished run", work);
  CHECK(run_seg(extended(tiny_training(work), {"--name", "../fast"})).exit_code == 2);
  CHECK(file_content(model_in(work) / "fold_0/checkpoint_final.pth") == first);

  const Outcome status = run_seg({"status", work.string()});
  const std::string residual = std::string("nnUNetTrainer__") + kResEnc + "__3d_fullres";
  const std::string fast = "nnUNetTrainer-fast__nnUNetPlans__3d_fullres";
  for (const std::string& model : {model_in(work).filename().string(), fast, residual}) {
    CHECK(fs::exists(results / model / "fold_0/checkpoint_final.pth"));
    CHECK(lines_with(status.out, model).size() == 1);
  }
  const auto compared = [&](const std::vector<std::string>& more) {
    const Outcome outcome =
        run_seg(extended({"select", work.string(), "--folds", "0", "--no-ensembling"}, more));
    INFO(outcome.err);
    CHECK(outcome.exit_code == 0);
    return lines_with(outcome.out, "nnUNetTrainer").size();
  };
  CHECK(compared({}) == 1);
  CHECK(compared({"--name", ".,fast"}) == 2);
  CHECK(compared({"--plans-name", std::string("plans,") + kResEnc}) == 2);
  CHECK(compared({"--all"}) == 3);
  require_done(run_seg({"report", work.string()}));
  const std::string page = file_content(work / "report.html");
  const auto at = page.find(R"(id="content">)") + std::string(R"(id="content">)").size();
  const seg::Json told = seg::Json::parse(page.substr(at, page.find("</script>", at) - at));
  CHECK(told["trainings"].size() == 3);
  CHECK(told["evaluations"].size() == 3);
  const seg::Json considered =
      seg::read_json(results / "inference_information.json")["considered_models"];
  REQUIRE(considered.size() == 3);
  CHECK(std::ranges::any_of(considered, [&](const seg::Json& one) {
    return one == seg::Json{{"configuration", "3d_fullres"},
                            {"plans", "nnUNetPlans"},
                            {"trainer", "nnUNetTrainer-fast"}};
  }));
}

TEST_CASE("select names the runs that there are, and what no model has") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const fs::path work = folder / "work";
  const auto selected = [&](const std::vector<std::string>& more) {
    return run_seg(extended({"select", work.string()}, more));
  };
  expect_error(selected({}), "no configuration is trained", work);
  CHECK(contains(selected({}).err, "(seg train " + work.string() + " --config CONFIGURATION"));
  require_done(run_seg(extended(tiny_training(work), {"--name", "fast"})));
  for (const std::string name : {"nosuch", "fast,nosuch"}) {
    const Outcome unknown = selected({"--name", name});
    CHECK(unknown.exit_code == 2);
    CHECK(contains(unknown.err, "--name nosuch: is no name of a run in"));
    CHECK(contains(unknown.err, "there are fast"));
    CHECK_FALSE(contains(unknown.err, "left out"));
  }
  expect_error(selected({}), "there are nnUNetTrainer-fast__nnUNetPlans__3d_fullres", work);
  expect_error(selected({"--all"}), "no model has fold 0, 1, 2, 3, 4", work);
  CHECK(contains(selected({"--all"}).err, "lacks fold 1, 2, 3, 4"));
  require_done(selected({"--all", "--folds", "0"}));
}

TEST_CASE("what all folds share is said once") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const fs::path work = folder / "work";
  fs::last_write_time(folder / "Dataset001_Ball/labelsTr/ball_0.nii.gz",
                      fs::file_time_type::clock::now());
  const auto all = with_fold(tiny_training(work), "all-folds");
  for (const char* run : {"one after the other", "-v"}) {
    const Outcome outcome =
        run_seg(run == std::string("-v") ? extended(all, {"--overwrite", "-v"}) : all);
    require_done(outcome);
    const std::string once = "1 file changed (ball_0.nii.gz)";
    const auto first = outcome.err.find(once);
    CHECK(first != std::string::npos);
    CHECK(outcome.err.find(once, first + 1) == std::string::npos);
    CHECK_FALSE(contains(outcome.err, ": 0 in all"));
  }
}

TEST_CASE("all folds are trained one after the other, and a stopped command continues") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const fs::path work = folder / "work", model = model_in(work);
  const auto all = with_fold(tiny_training(work), "all-folds");
  require_done(run_seg(with_fold(tiny_training(work), "1")));
  const std::string alone = file_content(model / "fold_1/checkpoint_final.pth");
  {
    RunningSeg running(all);
    while (!running.has_ended() && !fs::exists(model / "fold_2/settings.json"))
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    running.send(SIGINT);
    const Outcome stopped = running.outcome();
    INFO(stopped.err);
    REQUIRE(stopped.exit_code == 128 + SIGINT);
    CHECK(contains(stopped.err, "the same command continues it"));
  }
  CHECK_FALSE(fs::exists(model / "fold_3"));
  const std::string zeroth = file_content(model / "fold_0/checkpoint_final.pth");
  const Outcome outcome = run_seg(all);
  require_done(outcome);
  for (const char* fold : {"0", "1", "2", "3", "4"})
    CHECK(fs::exists(model / (std::string("fold_") + fold) / "validation/summary.json"));
  CHECK(file_content(model / "fold_0/checkpoint_final.pth") == zeroth);
  CHECK(file_content(model / "fold_1/checkpoint_final.pth") == alone);
  CHECK(run_seg(extended(all, {"--resume"})).exit_code == 2);
  CHECK(run_seg(extended(all, {"--benchmark"})).exit_code == 2);
  require_done(run_seg(extended(all, {"--validate"})));
  CHECK(run_seg(extended(all, {"--checkpoint", "best"})).exit_code == 2);
}

TEST_CASE("folds on devices side by side are those that come one after the other") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const fs::path work = folder / "work", model = model_in(work);
  const auto all = with_fold(tiny_training(work), "all-folds");
  std::vector<std::string> beside = extended(all, {"--name", "beside", "--devices", "cpu,cpu"});
  beside.erase(std::ranges::find(beside, "--device"), std::ranges::find(beside, "--device") + 2);
  const Outcome told = run_seg(extended(all, {"--dry-run"}));
  require_done(told);
  const auto to_be = lines_with(told.out, "writes ");
  CHECK(std::ranges::count_if(to_be, [](const std::string& line) {
          return line.ends_with("checkpoint_final.pth");
        }) == 5);
  require_done(run_seg(all));
  const Outcome outcome = run_seg(beside);
  require_done(outcome);
  CHECK(contains(outcome.out, "mean Dice on its cases"));
  CHECK(contains(outcome.err, "side by side on cpu, cpu"));
  for (int fold = 0; fold < 5; ++fold) {
    const std::string summary = "fold_" + std::to_string(fold) + "/validation/summary.json";
    const fs::path other = work / "results/nnUNetTrainer-beside__nnUNetPlans__3d_fullres";
    CHECK(seg::read_json(model / summary)["mean"] == seg::read_json(other / summary)["mean"]);
  }
  CHECK(lines_with(run_seg(extended(all, {"--dry-run"})).out, "writes").empty());
  // What one cannot do is told, and the others go on.
  std::vector<std::string> half = beside;
  *(std::ranges::find(half, "beside")) = "half";
  *(std::ranges::find(half, "cpu,cpu")) = "cpu,cuda:99";
  const Outcome failed = run_seg(half);
  CHECK(failed.exit_code == 1);
  CHECK(contains(failed.err, "cuda:99"));
  CHECK(contains(failed.err, "1 of 2 processes"));
  const fs::path third = work / "results/nnUNetTrainer-half__nnUNetPlans__3d_fullres";
  for (const int fold : {0, 2, 4})
    CHECK(fs::exists(third / ("fold_" + std::to_string(fold)) / "validation/summary.json"));
  CHECK_FALSE(fs::exists(third / "fold_1"));
  CHECK(run_seg(extended(all, {"--devices", "cpu"})).exit_code == 2);
}

TEST_CASE("a signal ends folds on devices side by side, each with its state saved") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const fs::path work = folder / "work", model = model_in(work);
  RunningSeg running({"train", work.string(), "--config", "3d", "--fold", "all-folds", "--devices",
                      "cpu,cpu", "--threads", "1", "--epochs", "1000", "--iterations", "12",
                      "--batch-size", "2", "--val-iterations", "2"});
  const auto begun = [&](const char* fold) { return fs::exists(model / fold / "progress.json"); };
  while (!running.has_ended() && !(begun("fold_0") && begun("fold_1")))
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  running.send(SIGTERM);
  const Outcome outcome = running.outcome();
  INFO(outcome.err);
  CHECK(outcome.exit_code == 128 + SIGTERM);
  const auto errors = lines_with(outcome.err, "error: ");
  CHECK(errors.size() == 3);  // of both processes, and of the one that began them
  CHECK_FALSE(contains(outcome.err, "terminate"));
  for (const char* fold : {"fold_0", "fold_1"})
    CHECK(fs::exists(model / fold / "checkpoint_latest.pth"));
  CHECK_FALSE(fs::exists(model / "fold_2"));
}
