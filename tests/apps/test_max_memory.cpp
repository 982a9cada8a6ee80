#include "catch.hpp"
#include "expect_error.hpp"
#include "text.hpp"
#include "tiny_model.hpp"
#include "train/small_model.hpp"

namespace fs = std::filesystem;
using namespace seg;
using namespace seg::test;

namespace {

std::vector<std::string> with_memory(std::vector<std::string> arguments, const std::string& size) {
  arguments.insert(arguments.end(), {"--max-memory", size});
  return arguments;
}

}  // namespace

TEST_CASE("a prediction that does not fit into --max-memory is refused before it begins") {
  const TemporaryFolder folder;
  write_small_model(folder / "model", {"0"});
  write_small_scan(folder / "scans/a_0000.nii.gz");
  write_small_scan(folder / "scans/b_0000.nii.gz");
  const auto predict = [&](const std::string& output, const std::string& size) {
    return run_seg(with_memory(
        {"predict", "-m", (folder / "model").string(), "-i", (folder / "scans").string(), "-o",
         (folder / output).string(), "--threads", "1"},
        size));
  };
  expect_error(predict("none", "1MB"), "may still be taken", folder.path());
  CHECK_FALSE(fs::exists(folder / "none/a.nii.gz"));
  REQUIRE(predict("little", "700MB").exit_code == 0);
  REQUIRE(predict("much", "2GB").exit_code == 0);
  for (const char* name : {"a.nii.gz", "b.nii.gz"})
    CHECK(bytes_of(folder / "little" / name) == bytes_of(folder / "much" / name));
  for (const char* size : {"1", "GB", "-1GB", "1e9GB", "nan", "4 PB", ""})
    CHECK(predict("none", size).exit_code == 2);
}

TEST_CASE("planning, preprocessing and training obey --max-memory") {
  const TemporaryFolder folder;
  write_tiny_dataset(folder / "Dataset001_Ball");
  const fs::path work = folder / "work";
  const std::vector<std::string> plan{"plan", (folder / "Dataset001_Ball").string(), "--work",
                                      work.string()},
      preprocess{"preprocess", work.string(), "--config", "3d"};
  expect_error(run_seg(with_memory(plan, "1MB")), "case ball_0: needs about", folder.path());
  expect_error(run_seg(with_memory({"plan", plan[1], "--work", plan[3], "--verify"}, "1MB")),
               "case ball_0: needs about", folder.path());
  REQUIRE(run_seg(with_memory(plan, "1GB")).exit_code == 0);
  expect_error(run_seg(with_memory(preprocess, "1MB")), "case ball_0: needs about", folder.path());
  REQUIRE(run_seg(with_memory(preprocess, "1GB")).exit_code == 0);
  // Nothing is left to be preprocessed, which needs no memory.
  REQUIRE(run_seg(with_memory(preprocess, "1MB")).exit_code == 0);
  expect_error(run_seg(with_memory(tiny_training(work), "1MB")), "a step needs about",
               folder.path());
  REQUIRE(run_seg(with_memory(tiny_training(work), "1GB")).exit_code == 0);
}

TEST_CASE("evaluate obeys --max-memory") {
  const TemporaryFolder folder;
  const at::Tensor map = at::zeros({60, 128, 128}, at::kShort);
  map.slice(0, 4, 20).fill_(1);
  for (const char* name : {"a.nii.gz", "b.nii.gz"})
    for (const char* place : {"prediction", "reference"})
      data::write_label_map(folder / place / name, map, {});
  const auto evaluated = [&](const std::string& size) {
    return run_seg(
        with_memory({"evaluate", "--prediction", (folder / "prediction").string(), "--reference",
                     (folder / "reference").string(), "--metrics", "lesions", "--jobs", "2"},
                    size));
  };
  const fs::path summary = folder / "prediction/summary.json";
  const Outcome refused = evaluated("2MB");
  expect_error(refused, "2 of 2 cases were not evaluated", folder.path());
  CHECK(contains(refused.err, "allow more (--max-memory)"));
  CHECK_FALSE(fs::exists(summary));
  REQUIRE(evaluated("1GB").exit_code == 0);
  CHECK(read_json(summary)["mean"]["1"]["lesions_found"] == 1.0);
  const std::string place = (folder / "prediction").string();
  CHECK(run_seg(with_memory({"evaluate", "--compare", place, place}, "1GB")).exit_code == 2);
}
