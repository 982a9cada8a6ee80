#include <chrono>
#include <thread>

#include "catch.hpp"
#include "run_seg.hpp"
#include "seg/net/checkpoint_file.hpp"
#include "tiny_model.hpp"

namespace fs = std::filesystem;
using namespace seg::test;

namespace {

std::vector<std::string> training(const fs::path& work) {
  return {"train",        work.string(), "--config",         "3d", "--epochs",     "3",
          "--iterations", "12",          "--val-iterations", "2",  "--batch-size", "2",
          "--device",     "cpu",         "--threads",        "1"};
}

/// Starts a training and sends it SIGTERM once `sign` of its first epoch exists.
/// @returns its exit code.
int interrupt_training(const fs::path& work, const fs::path& sign) {
  RunningSeg running(training(work));
  while (!running.has_ended() && !fs::exists(sign))
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  if (!running.has_ended()) running.send(SIGTERM);
  return running.outcome().exit_code;
}

seg::net::Value::Dict final_weights(const fs::path& work) {
  const auto checkpoint = seg::net::read_checkpoint(model_in(work) / "fold_0/checkpoint_final.pth");
  return checkpoint.find("network_weights")->as<seg::net::Value::Dict>("network_weights");
}

}  // namespace

TEST_CASE("a training that was stopped in an epoch and resumed ends with the same weights") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const fs::path whole = folder / "work", parts = folder / "parts";
  REQUIRE(run_seg({"preprocess", whole.string(), "--config", "3d"}).exit_code == 0);
  fs::copy(whole, parts, fs::copy_options::recursive);
  REQUIRE(run_seg(training(whole)).exit_code == 0);

  const fs::path fold = model_in(parts) / "fold_0";
  REQUIRE(interrupt_training(parts, fold / "progress.json") == 128 + SIGTERM);
  CHECK(fs::exists(fold / "checkpoint_latest.pth"));
  CHECK_FALSE(fs::exists(fold / "checkpoint_final.pth"));
  auto resumed = training(parts);
  resumed.push_back("--resume");
  REQUIRE(run_seg(resumed).exit_code == 0);

  const auto expected = final_weights(whole), found = final_weights(parts);
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    CHECK(at::equal(found[i].second.as<at::Tensor>("weight"),
                    expected[i].second.as<at::Tensor>("weight")));
}
