#include <algorithm>

#include "catch.hpp"
#include "expect_error.hpp"
#include "help_texts.hpp"
#include "seg/plan/files.hpp"
#include "skip.hpp"
#include "text.hpp"
#include "tiny_dataset.hpp"

namespace fs = std::filesystem;
using namespace seg::test;

TEST_CASE("short options stand for the same everywhere") {
  const auto has = [](const std::string& command, const std::string& option) {
    const std::string& help = help_of(command);
    INFO(command << " " << option << "\n" << help);
    CHECK(contains(help, "\n  " + option));
  };
  int outputs = 0;
  for (const std::string& command : all_commands()) {
    const std::string& help = help_of(command);
    INFO(help);
    const bool has_output = contains(help, "--output ") || contains(help, "--out,");
    outputs += has_output ? 1 : 0;
    CHECK(contains(help, "\n  -o,--out") == has_output);
  }
  CHECK(outputs >= 9);
  has("plan", "-o,--out,--output");
  has("evaluate", "-i,--prediction");
  has("overlay", "-i,--image");
}

TEST_CASE("the version option names seg and what it was built with") {
  const Outcome outcome = run_seg({"--version"});
  CHECK(outcome.exit_code == 0);
  for (const std::string part : {"seg ", "LibTorch ", "ITK ", "compiler ", "build type ",
                                 "optional parts ", "parts left out "})
    CHECK(lines_with(outcome.out, part).size() == 1);
}

TEST_CASE("wrong usage gives one error line and exit code 2") {
  const std::vector<std::vector<std::string>> usages{
      {},
      {"segment"},
      {"plan"},
      {"plan", "DATASET", "--planner", "other"},
      {"plan", "DATASET", "--planner", "mednext-b-k5"},
      {"plan", "DATASET", "--jobs", "0"},
      {"plan", "--from-fingerprint", "FP.json"},
      {"train", "WORK"},
      {"train", "WORK", "--config", "3d", "--epochs", "many"},
      {"train", "WORK", "--config", "3d", "--precision", "fp8"},
      {"train", "WORK", "--config", "3d", "--fold", "abc"},
      {"train", "WORK", "--config", "3d", "--device", "tpu"},
      {"train", "WORK", "--config", "3d", "--learning-rate", "nan"},
      {"train", "WORK", "--config", "3d", "--seed=-1"},
      {"plan", "DATASET", "--spacing", "1", "nan", "1"},
      {"plan", "DATASET", "--gpu-memory", "inf"},
      {"predict", "-m", "MODEL", "-i", "SCANS", "-o", "OUT", "--folds", "0,x"},
      {"predict", "-m", "MODEL", "-i", "SCANS", "-o", "OUT", "--step-size", "nan"},
      {"evaluate", "--prediction", "A", "--reference", "B", "--minimum-dice", "nan"},
      {"predict", "--model", "MODEL", "--input", "SCANS"},
      {"predict", "-m", "MODEL", "-i", "SCANS", "-o", "OUT", "--step-size", "2"}};
  for (const auto& usage : usages) {
    const Outcome outcome = run_seg(usage);
    INFO("seg " << (usage.empty() ? "" : usage.front()) << ": " << outcome.err);
    CHECK(outcome.exit_code == 2);
    CHECK(lines_with(outcome.err, "error: ").size() == 1);
  }
}

TEST_CASE("plan --from-fingerprint gives nnU-Net's plan of the hippocampus dataset") {
  const fs::path topic = shared_data() / "oracles/pipeline/fingerprint";
  const fs::path dataset = shared_data() / "data/Dataset004_Hippocampus/dataset.json";
  if (!fs::exists(topic) || !fs::exists(dataset)) {
    seg::test::skip("no recorded outputs in " + shared_data().string());
    return;
  }
  const TemporaryFolder folder;
  const Outcome outcome = run_seg(
      {"plan", "--from-fingerprint", (topic / "dataset_fingerprint.json").string(),
       "--dataset-json", dataset.string(), "--out", (folder / "plans.json").string(), "--explain"});
  REQUIRE(outcome.exit_code == 0);
  const seg::Json plans = seg::read_json(folder / "plans.json");
  const seg::Json expected = seg::read_json(topic / "nnUNetPlans.json");
  CHECK(plans.at("configurations") == expected.at("configurations"));
  CHECK(outcome.out.find("patch") != std::string::npos);
}

TEST_CASE("plan reuses a fingerprint until a file changes") {
  const TemporaryFolder folder;
  const fs::path dataset = folder / "Dataset001_Ball", work = folder / "work";
  write_tiny_dataset(dataset);
  const std::vector<std::string> plan{"plan", dataset.string(), "--work", work.string()};
  REQUIRE(run_seg(plan).exit_code == 0);
  const std::string first = file_content(work / "plans.json");
  CHECK(run_seg(plan).err.find("up to date") != std::string::npos);
  CHECK(file_content(work / "plans.json") == first);

  seg::data::write_image(dataset / "imagesTr/ball_2_0000.nii.gz", ball(2).image * 2,
                         tiny_geometry());
  CHECK(run_seg(plan).err.find("up to date") == std::string::npos);
  CHECK(file_content(work / "plans.json") != first);
}

TEST_CASE("plan leaves a record of what it ran with") {
  const TemporaryFolder folder;
  write_tiny_dataset(folder / "Dataset001_Ball");
  const Outcome outcome = run_seg({"plan", (folder / "Dataset001_Ball").string(), "--work",
                                   (folder / "work").string(), "--gpu-memory", "4"});
  REQUIRE(outcome.exit_code == 0);
  CHECK(lines_with(outcome.out, "next: seg train ").size() == 1);
  const seg::Json record = seg::read_json(folder / "work/records/plan.json");
  CHECK(record.at("options").at("gpu-memory") == 4);
  CHECK(record.at("versions").contains("LibTorch"));
  CHECK(record.at("seconds").get<double>() >= 0);
}

TEST_CASE("inspect describes datasets, plans, fingerprints and scans") {
  const TemporaryFolder folder;
  const fs::path dataset = folder / "Dataset001_Ball", work = folder / "work";
  write_tiny_dataset(dataset);
  REQUIRE(run_seg({"plan", dataset.string(), "--work", work.string()}).exit_code == 0);
  CHECK(run_seg({"inspect", dataset.string()}).out.find("label ball") != std::string::npos);
  CHECK(run_seg({"inspect", (work / "plans.json").string()}).out.find("3d_fullres") !=
        std::string::npos);
  CHECK(run_seg({"inspect", (work / "dataset_fingerprint.json").string()}).out.find("99.5 %") !=
        std::string::npos);
  CHECK(run_seg({"inspect", (dataset / "imagesTr/ball_1_0000.nii.gz").string()})
            .out.find("1 16 18 20") != std::string::npos);
  expect_error(run_seg({"inspect", (folder / "nothing.nii.gz").string()}), "nothing.nii.gz",
               folder.path());
}
