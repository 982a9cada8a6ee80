#include "catch.hpp"
#include "expect_error.hpp"
#include "text.hpp"
#include "tiny_model.hpp"

namespace fs = std::filesystem;
using namespace seg::test;

namespace {

int files_with(const fs::path& folder, const std::string& ending) {
  int count = 0;
  for (const auto& entry : fs::directory_iterator(folder))
    count += entry.path().extension() == ending;
  return count;
}

}  // namespace

TEST_CASE("after training: select, predict, ensemble and postprocess as the instructions say") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const fs::path work = folder / "work", model = model_in(work);
  REQUIRE(run_seg(extended(tiny_training(work), {"--save-probabilities"})).exit_code == 0);

  const Outcome selected = run_seg({"select", work.string(), "--folds", "0"});
  INFO(selected.err);
  REQUIRE(selected.exit_code == 0);
  CHECK(lines_with(selected.out, "best: nnUNetTrainer__nnUNetPlans__").size() == 1);
  CHECK(lines_with(selected.out, "seg predict --model ").size() == 1);
  CHECK(bytes_of(work / "results/inference_instructions.txt").size() > 100);

  const std::string scans = (folder / "Dataset001_Ball/imagesTr").string();
  for (const std::string member : {"one", "two"})
    REQUIRE(run_seg({"predict", "-m", model.string(), "-i", scans, "-o", (folder / member).string(),
                     "-f", "0", "--save-probabilities", "--device", "cpu", "--threads", "1"})
                .exit_code == 0);
  const Outcome averaged = run_seg({"ensemble", "-i", (folder / "one").string(),
                                    (folder / "two").string(), "-o", (folder / "mean").string()});
  CHECK(averaged.exit_code == 0);
  CHECK(bytes_of(folder / "mean/ball_0.nii.gz") == bytes_of(folder / "one/ball_0.nii.gz"));
  const auto ensemble = [&](const std::string& second, const std::string& output) {
    return run_seg({"ensemble", "-i", (folder / "one").string(), (folder / second).string(), "-o",
                    (folder / output).string()});
  };
  CHECK(ensemble("two", "mean").exit_code == 0);
  fs::copy(folder / "two", folder / "three", fs::copy_options::recursive);
  fs::last_write_time(folder / "three/ball_0.npz", fs::file_time_type::clock::now());
  expect_error(ensemble("three", "mean"),
               "mean/ball_0.nii.gz: is there already, and is not what seg made of the same files",
               folder.path());
  expect_error(ensemble("two", "three"), "three/ball_0.nii.gz: is there already", folder.path());
  seg::Json record = seg::read_json(folder / "three/records/ball_1.json");
  record["made_from"][0]["bytes"] = 7;
  seg::write_json(folder / "three/records/ball_1.json", record);
  expect_error(ensemble("three", "other"), "three/ball_1.npz: was segmented of another scan than",
               folder.path());
  seg::Json dataset = seg::read_json(folder / "three/dataset.json");
  dataset["labels"] = {{"background", 0}, {"cube", 1}};
  seg::write_json(folder / "three/dataset.json", dataset);
  expect_error(ensemble("three", "other"), "three/dataset.json: has other labels than",
               folder.path());
  CHECK_FALSE(fs::exists(folder / "other"));

  const fs::path decision = model / "crossval_results_folds_0/postprocessing.json";
  const Outcome cleaned = run_seg({"postprocess", "-i", (folder / "mean").string(), "-o",
                                   (folder / "clean").string(), "--decision", decision.string()});
  CHECK(cleaned.exit_code == 0);
  CHECK(fs::exists(folder / "clean/ball_4.nii.gz"));
  const auto clean = [&](const std::vector<std::string>& more) {
    return run_seg(extended({"postprocess", "-i", (folder / "one").string(), "-o",
                             (folder / "clean").string(), "--decision", decision.string()},
                            more));
  };
  expect_error(clean({}), "clean/ball_0.nii.gz: is there already, and is not what seg made",
               folder.path());
  CHECK(clean({"--overwrite"}).exit_code == 0);
  CHECK(clean({}).exit_code == 0);
  const Outcome decided = run_seg({"postprocess", "-i", (folder / "mean").string(), "--reference",
                                   (folder / "Dataset001_Ball/labelsTr").string()});
  CHECK(decided.exit_code == 0);
  CHECK(fs::exists(folder / "mean/postprocessing.json"));

  const Outcome inspected = run_seg({"inspect", (model / "fold_0/checkpoint_final.pth").string()});
  CHECK(lines_with(inspected.out, "dataset ").size() == 1);
  CHECK(inspected.out.find("encoder.stages.0.0.convs.0.conv.weight") != std::string::npos);
  CHECK(run_seg({"inspect", (folder / "one/ball_0.npz").string()}).out.find("probabilities") == 0);
  CHECK(run_seg({"inspect", model.string()}).out.find("fold_0") != std::string::npos);
}

TEST_CASE("a finished fold is validated again when its probabilities are asked for") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const auto training = tiny_training(folder / "work");
  REQUIRE(run_seg(training).exit_code == 0);
  const fs::path validation = model_in(folder / "work") / "fold_0/validation";
  CHECK(fs::exists(validation / "summary.json"));
  CHECK(files_with(validation, ".npz") == 0);
  REQUIRE(run_seg(extended(training, {"--resume", "--save-probabilities"})).exit_code == 0);
  CHECK(files_with(validation, ".npz") == 1);
}

TEST_CASE("commands after training name what is wrong in one line") {
  const TemporaryFolder folder;
  const std::string here = folder.path().string(), out = (folder / "out").string();
  write_text(folder / "broken.pkl", "no pickle");
  write_text(folder / "model.zip", "no zip");
  expect_error(run_seg({"ensemble", "-i", here, "-o", out}), here, folder.path());
  expect_error(run_seg({"ensemble", "-i", here + "/nowhere", "-o", out}), "nowhere", folder.path());
  expect_error(run_seg({"postprocess", "-i", here, "-o", out, "--decision", here + "/broken.pkl"}),
               "broken.pkl", folder.path());
  expect_error(run_seg({"postprocess", "-i", here, "--reference", here}), "dataset.json",
               folder.path());
  expect_error(run_seg({"select", here}), "is no folder that planning made", folder.path());
  expect_error(run_seg({"install", here + "/model.zip", "-o", out}), "model.zip", folder.path());
  expect_error(run_seg({"convert", "msd", here, out}), "dataset.json", folder.path());
  expect_error(run_seg({"convert", "v1", here + "/nowhere", out}), "nowhere", folder.path());
  expect_error(run_seg({"inspect", here + "/broken.pkl"}), "broken.pkl", folder.path());
  CHECK_FALSE(fs::exists(folder / "out/Dataset001_Ball"));
}

TEST_CASE("wrong usage of the commands after training has exit code 2") {
  const std::vector<std::vector<std::string>> usages{{"ensemble", "-o", "OUT"},
                                                     {"postprocess", "-i", "DIR"},
                                                     {"postprocess", "-i", "DIR", "-o", "OUT"},
                                                     {"select"},
                                                     {"convert"},
                                                     {"convert", "dicom", "SRC", "DST"},
                                                     {"convert", "msd", "SRC"},
                                                     {"install"}};
  for (const auto& usage : usages) {
    const Outcome outcome = run_seg(usage);
    INFO("seg " << usage.front() << ": " << outcome.err);
    CHECK(outcome.exit_code == 2);
    CHECK(lines_with(outcome.err, "error: ").size() == 1);
  }
}
