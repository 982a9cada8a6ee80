#include "seg/train/benchmark.hpp"

#include "seg/plan/files.hpp"
#include "tiny_training.hpp"
#include "tiny_work.hpp"

TEST_CASE("a benchmark writes nnU-Net's keys for both trainers and leaves no checkpoint") {
  const seg::test::TemporaryFolder folder;
  const auto work = seg::test::write_tiny_work(folder);
  auto options = seg::test::tiny_options();
  options.settings.update({{"epochs", 1}, {"iterations", 1}, {"val_iterations", 1}});
  const std::atomic<bool> stop = false;
  const auto results = seg::train::benchmark(work, options, stop);
  REQUIRE(results.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    const std::string trainer =
        std::string("nnUNetTrainerBenchmark_5epochs") + (i == 1 ? "_noDataLoading" : "");
    CHECK(results[i].file ==
          work / "results" / (trainer + "__nnUNetPlans__3d_fullres/fold_0/benchmark_result.json"));
    const seg::Json written = seg::read_json(results[i].file);
    REQUIRE(written.size() == 1);
    for (const char* key :
         {"torch_version", "cudnn_version", "gpu_name", "fastest_epoch", "num_gpus", "hostname"})
      CHECK(written.front().contains(key));
    CHECK(written.front().at("fastest_epoch").get<double>() == results[i].fastest_epoch);
    CHECK_FALSE(std::filesystem::exists(results[i].file.parent_path() / "checkpoint_final.pth"));
  }
}

TEST_CASE("a benchmark resumes nothing") {
  const seg::test::TemporaryFolder folder;
  auto options = seg::test::tiny_options();
  options.resume = true;
  const std::atomic<bool> stop = false;
  CHECK_THROWS_AS(seg::train::benchmark(folder.path(), options, stop), seg::Error);
}

TEST_CASE("a benchmark that is stopped says so") {
  const seg::test::TemporaryFolder folder;
  const auto work = seg::test::write_tiny_work(folder);
  const std::atomic<bool> stop = true;
  CHECK_THROWS(seg::train::benchmark(work, seg::test::tiny_options(), stop));
}
